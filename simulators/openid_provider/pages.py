"""The simulator's pages. They look like no real provider's, and say what they are."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from simulators.openid_provider.authorization_request import Asked
from simulators.openid_provider.faults import DIRECTORY, IDENTITY, NAMED, ONE_LOGIN
from simulators.openid_provider.sign_in import ERRORS, OF_ONE_SIGN_IN
from simulators.openid_provider.state import SimulatorState

_FOLDER = Path(__file__).parent / "pages"
_HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers would hold the way back to the client to it.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def style() -> str:
    """The one style sheet."""
    return (_FOLDER / "style.css").read_text()


def choice(simulator: SimulatorState, asked: Asked, visit: str) -> HTMLResponse:
    """Who signs in, and what shall go wrong."""
    one_login = asked.provider.kind == "onelogin"
    known = {**NAMED, **(ONE_LOGIN if one_login else DIRECTORY), **(IDENTITY if asked.levels else {})}
    # Keys and documents are of every sign-in: what is wrong with them cannot be chosen for one.
    faults = [name for name, fault in known.items() if fault.status.keys() <= OF_ONE_SIGN_IN]
    context: dict[str, Any] = {"visit": visit, "asked": asked, "faults": faults, "errors": ERRORS}
    if one_login:
        people = [(one.key, one.name, one.about) for one in simulator.residents.values()]
        return render("choice.html", people=people, **context)
    tenant = simulator.tenants[asked.provider.tenant]
    staff = [
        (one.key, one.name, ", ".join(sorted(tenant.groups[group] for group in one.groups)) or "In no group")
        for one in tenant.staff.values()
        if one.active
    ]
    return render("choice.html", people=staff, **context)


def refusal(what: str, status: int) -> HTMLResponse:
    """Something that leads nowhere else."""
    return render("refusal.html", status, what=what)


def render(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page, kept by nobody."""
    return HTMLResponse(_environment().get_template(template).render(context), status, _HEADERS)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
