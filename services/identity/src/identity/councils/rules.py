"""The slugs and codes that can name a council."""

import re

RESERVED: frozenset[str] = frozenset(
    {
        # first path parts that belong to the region, not to a council
        "identity", "developers", "health", "metrics", "docs", "openapi", "redoc", "static", "assets",
        "well-known", "favicon", "robots", "login", "logout", "admin", "api", "www",
        # first parts of event subjects that are not a council's
        "region", "dead", "inbox",
        # the capabilities, so that /{council}/{capability} can be read only one way
        "address", "payments", "casework", "mapping", "services", "resident", "gateway", "townhall",
    }
)  # fmt: skip

_UNITED_KINGDOM = re.compile(r"[ENSW][0-9]{8}")


def find_slug_fault(slug: str) -> str | None:
    """Find why a slug cannot name a council, or None. Its pattern is checked before (``chassis.types``)."""
    if slug in RESERVED:
        return f"{slug} is reserved for the platform; choose the council's own name"
    if "--" in slug:
        return "two hyphens in a row are not allowed; use one"
    return None


def find_gss_fault(gss: str) -> str | None:
    """Find why a code cannot be a council's, or None.

    ONS Code History Database: the first letter of a nine-character code is the country.
    """
    if _UNITED_KINGDOM.fullmatch(gss):
        return None
    return "a council's ONS code starts with E, N, S or W and has eight digits, for example E06000022"
