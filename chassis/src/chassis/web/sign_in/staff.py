"""A member of staff who is signed in, as a route's signature requires them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request, Security
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from chassis.auth import SESSION_SCHEME, Caller, require_council, require_scopes
from chassis.problems import Problem
from chassis.types import Slug
from chassis.web.browsers import cookie_name
from chassis.web.sign_in import sessions

_LABEL_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of a council's staff. ``caller``: what their token says, as for any operation of the API."""

    council: str
    caller: Caller
    name: str  # as the council's directory gives it, else their e-mail address; empty if it knows neither
    email: str = ""  # empty if the issuer knows none

    @property
    def subject(self) -> str:
        """Who they are, at all services of the council."""
        return self.caller.subject

    @property
    def label(self) -> str:
        """How pages call them."""
        return label_staff(self.name, self.subject)

    @property
    def mode(self) -> str:
        """Which money they see: sandbox or live, as the client by which they signed in."""
        return self.caller.mode

    def may(self, scope: str) -> bool:
        """Check whether their roles have a scope."""
        return scope in self.caller.scopes


def label_staff(name: str, subject: str) -> str:
    """Return what pages call a member of staff: their name, else the start of their id."""
    return name or f"{subject[:_LABEL_LENGTH]}…"


class SignInRequiredError(Problem):
    """Nobody is signed in. A page that was asked for leads to ``location``, the way to sign in."""

    def __init__(self, location: str) -> None:
        super().__init__(401, "not-signed-in", "You are not signed in, or no longer. Sign in and try again.")
        self.location = location


def name_cookie(request: Request) -> str:
    """Name the cookie of a session: each service and council in the path has its own."""
    return f"{request.app.state.service.name}-staff-{request.path_params['council']}"


def read_cookie(request: Request) -> str:
    """Read the secret of the browser's session; empty without one."""
    return request.cookies.get(cookie_name(request, name_cookie(request)), "")


class StaffSession(SecurityBase):
    """Security scheme that answers the member of staff whose session the browser's cookie names."""

    def __init__(self) -> None:
        self.model = APIKey(**{"in": APIKeyIn.cookie}, name="staff")
        self.scheme_name = SESSION_SCHEME

    async def __call__(self, request: Request, council: Slug, required: SecurityScopes) -> Staff:
        """Check the session and its token. Raises SignInRequiredError, Problem 403, 404 or 503."""
        row = await sessions.find_session(request.app, council, read_cookie(request))
        caller = await sessions.check_session(request.app, row) if row is not None else None
        if row is None or caller is None:
            raise SignInRequiredError(_make_sign_in_path(request, council))
        await require_council(request, caller)
        if caller.delegated or caller.subject == caller.client_id:
            raise Problem(403, "person-needed", "Only a member of staff can do this, for themselves.")
        staff = Staff(council, caller, row.name, sessions.read_email(request.app, row))
        request.state.staff = staff  # for the page's header
        request.state.test_service = staff.mode == "sandbox"
        require_scopes(caller, required.scopes)
        return staff


def _make_sign_in_path(request: Request, council: str) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/{council}/{request.app.state.service.name}/sign-in?back={quote(request.url.path + query)}"


_session = StaffSession()


def signed_in(scope: str) -> Any:
    """Require a member of staff with a scope: ``staff: Annotated[Staff, signed_in("payments:office")]``."""
    return Security(_session, scopes=[scope])
