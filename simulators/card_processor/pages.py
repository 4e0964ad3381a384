"""The simulator's pages. They look like no real processor's, and each says that it is a simulation."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

_FOLDER = Path(__file__).parent / "pages"


def read_style() -> str:
    """Read the style sheet."""
    return (_FOLDER / "style.css").read_text()


def render_refusal(reason: str, status: int, ancestors: str = "'none'") -> HTMLResponse:
    """Say on a page why the simulator does not go on."""
    return render("refusal.html", status, ancestors, reason=reason)


def render(template: str, status: int = 200, ancestors: str = "'none'", **context: Any) -> HTMLResponse:
    """Render a page that no cache may store. ``ancestors``: the origins that may show it in a frame."""
    policy = (
        f"default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors {ancestors}"
    )
    headers = {
        "Cache-Control": "no-store",
        # No form-action: browsers would apply it to the redirect to the merchant too.
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(_environment().get_template(template).render(context), status, headers)


def format_pounds(pence: int) -> str:
    """Write pence as pounds."""
    sign = "-" if pence < 0 else ""
    return f"{sign}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"


def format_minute(time: str) -> str:
    """Write a time of the API to the minute, in UTC as it is."""
    return f"{time[:10]} {time[11:16]}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pounds"] = format_pounds
    environment.filters["minute"] = format_minute
    return environment
