"""A browser as people know it, from its User-Agent: for the list of sessions; nothing is decided by it."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> tuple[str, str]:
    """The browser and the system, each empty when not known: ``("Firefox", "Windows")``."""
    return _first(user_agent, _BROWSERS), _first(user_agent, _SYSTEMS)


def _first(text: str, known: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in known if mark in text[:500]), "")
