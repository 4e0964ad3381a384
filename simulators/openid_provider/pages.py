"""The simulator's pages. They look like no real provider's, and each says that it is a simulation."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from simulators.openid_provider.authorization import ERRORS
from simulators.openid_provider.authorization_request import AuthorizationRequest
from simulators.openid_provider.faults import DIRECTORY, IDENTITY, NAMED, ONE_LOGIN
from simulators.openid_provider.state import SimulatorState

_FOLDER = Path(__file__).parent / "pages"
# The endpoints that can fail for one sign-in alone. Keys and metadata are shared by all.
_PER_SIGN_IN = frozenset({"token", "userinfo"})
_HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers would apply it to the redirect to the client too.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def read_style() -> str:
    """Read the style sheet."""
    return (_FOLDER / "style.css").read_text()


def render_choice(state: SimulatorState, request: AuthorizationRequest, request_key: str) -> HTMLResponse:
    """Ask who signs in, and which fault the answer shall have."""
    if request.provider.kind == "onelogin":
        available = {**NAMED, **ONE_LOGIN, **(IDENTITY if request.levels else {})}
        people = [(person.key, person.name, person.about) for person in state.residents.values()]
    else:
        available = {**NAMED, **DIRECTORY}
        tenant = state.tenants[request.provider.tenant]
        people = [
            (member.key, member.name, ", ".join(tenant.group_names(member)) or "In no group")
            for member in tenant.staff.values()
            if member.active
        ]
    return render(
        "choice.html",
        request=request,
        request_key=request_key,
        people=people,
        faults=[name for name, fault in available.items() if fault.status.keys() <= _PER_SIGN_IN],
        errors=ERRORS,
    )


def render_refusal(reason: str, status: int) -> HTMLResponse:
    """Say on a page why the simulator does not go on."""
    return render("refusal.html", status, reason=reason)


def render(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a page that no cache may store."""
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
