"""Who may: every service checks tokens itself, offline, with the issuer's cached public keys.

A permission stands in the signature of a route: ``caller: Annotated[Caller, permission("address:read")]``.
An operation without one says ``_: Annotated[None, public]``. The check is: signature, ``typ``, ``iss``,
``aud``, ``exp``, the deny list, the council of the path, the scope.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request, Security
from fastapi.openapi.models import OAuth2, OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from chassis.problems import Problem

ALL_COUNCILS = "*"

KeySource = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as its token says. ``mandate``: by which a person acts for the subject, if he does."""

    subject: str
    client_id: str
    token_id: str
    councils: frozenset[str]
    scopes: frozenset[str]
    mode: str
    expires: int
    mandate: str = ""
    issued: int = 0

    @property
    def refused_by(self) -> tuple[str, str, str, str]:
        """The ids any of which, when revoked, refuses this token."""
        return (self.token_id, self.client_id, self.subject, self.mandate)

    def acts_for(self, council: str) -> bool:
        return council in self.councils or ALL_COUNCILS in self.councils


def refused(code: str, detail: str) -> Problem:
    """A 401 as RFC 6750 wants it."""
    error = "" if code == "missing-credential" else ' error="invalid_token"'
    return Problem(401, code, detail, headers={"WWW-Authenticate": f"Bearer{error}"})


class Authorisation(SecurityBase):
    """Who calls, when it may do this here.

    A credential may stand as Bearer, as ``X-Api-Key``, or as the ``key`` header or parameter of OS clients.
    """

    def __init__(self) -> None:
        flow = OAuthFlowClientCredentials(tokenUrl="/identity/token")
        self.model = OAuth2(flows=OAuthFlows(clientCredentials=flow))
        self.scheme_name = "oauth2"

    async def __call__(self, request: Request, required: SecurityScopes) -> Caller:
        """The caller. Raises Problem 401, 403 or 404."""
        state = request.app.state
        caller: Caller = await state.verifier.check(_credential(request))
        if state.directory.refuses(caller):
            raise refused("revoked-credential", "The credential has been revoked. Ask for a new one.")
        slug = request.path_params.get("council")
        if slug is not None:
            _may_act(state.directory.councils.get(slug), slug, caller)
        for scope in required.scopes:
            if scope not in caller.scopes:
                raise Problem(403, "missing-scope", f"This needs the scope {scope}.", scope=scope)
        return caller


def _credential(request: Request) -> str:
    headers = request.headers
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        return bearer.strip()
    token = headers.get("x-api-key") or headers.get("key") or request.query_params.get("key")
    if not token:
        raise refused("missing-credential", "Send a token as Authorization: Bearer, or a key as X-Api-Key.")
    return token


def _may_act(council: Any, slug: str, caller: Caller) -> None:
    if council is None:
        raise Problem(404, "unknown-council", f"There is no council {slug[:40]!r} here.")
    if not caller.acts_for(slug):
        raise Problem(403, "wrong-council", f"This credential is not for {slug}.")
    if council.suspended:
        raise Problem(403, "council-suspended", f"{slug} is suspended. Ask the operator of the region.")


_authorisation = Authorisation()


def permission(scope: str) -> Any:
    """The scope a route demands: ``caller: Annotated[Caller, permission("address:read")]``."""
    return Security(_authorisation, scopes=[scope])


class _Public(SecurityBase):
    """Marks an operation that needs no credential."""

    def __init__(self) -> None:
        self.model = OAuth2(flows=OAuthFlows())
        self.scheme_name = "public"

    async def __call__(self, request: Request) -> None:
        slug = request.path_params.get("council")
        if slug is not None and slug not in request.app.state.directory.councils:
            raise Problem(404, "unknown-council", f"There is no council {slug[:40]!r} here.")


public: Any = Depends(_Public())
