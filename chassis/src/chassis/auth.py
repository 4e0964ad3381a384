"""Who may: every service checks tokens itself, offline, with the issuer's cached public keys.

A permission stands in the signature of a route: ``caller: Annotated[Caller, permission("address:read")]``.
An operation without one says ``_: Annotated[None, public]``. The check is: signature, ``typ``, ``iss``,
``aud``, ``exp``, the deny list, the council of the path, the scope. Who acts for another by a mandate is
refused wherever the permission names no theme: ``permission("casework:own", theme="waste")``.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Depends, Request, Security
from fastapi.openapi.models import OAuth2, OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from chassis.problems import Problem

ALL_COUNCILS = "*"

KeySource = Callable[[], Awaitable[dict[str, Any]]]
ThemeOf = Callable[[Request], Awaitable[str | None]]
DELEGATES = "delegates:"
"""With which a scheme's name begins that is open to delegates: the OpenAPI document says it otherwise."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as its token says.

    ``actor``: who acts for the subject, by the ``mandate`` and in its ``theme`` alone; empty if nobody does.
    ``refused_by``: the ids any of which, when revoked, refuses this token. ``delegated``: whether somebody
    acts for the subject; a token that says so by halves is good for nothing.
    """

    subject: str
    client_id: str
    token_id: str
    councils: frozenset[str]
    scopes: frozenset[str]
    mode: str
    expires: int
    mandate: str = ""
    issued: int = 0
    actor: str = ""
    theme: str = ""
    refused_by: tuple[str, ...] = field(init=False, repr=False)
    delegated: bool = field(init=False)

    def __post_init__(self) -> None:
        """Both are asked of every request of a token that is remembered: worked out once."""
        ids = (self.token_id, self.client_id, self.subject, self.mandate, self.actor)
        object.__setattr__(self, "refused_by", tuple(dict.fromkeys(filter(None, ids))))
        object.__setattr__(self, "delegated", bool(self.actor or self.mandate or self.theme))

    def record(self) -> dict[str, str]:
        """Who did it, for a record: ``sub``, and where another acted for him ``act`` and ``mandate``."""
        acting = {"act": self.actor, "mandate": self.mandate} if self.delegated else {}
        return {"sub": self.subject, **acting}

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

    def __init__(self, theme: str | ThemeOf = "") -> None:
        flow = OAuthFlowClientCredentials(tokenUrl="/identity/token")
        self.model = OAuth2(flows=OAuthFlows(clientCredentials=flow))
        self.theme = theme
        self.scheme_name = f"{DELEGATES}{theme if isinstance(theme, str) else ''}" if theme else "oauth2"

    async def __call__(self, request: Request, required: SecurityScopes) -> Caller:
        """The caller. Raises Problem 401, 403 or 404."""
        state = request.app.state
        caller: Caller = await state.verifier.check(_credential(request))
        if state.directory.refuses(caller):
            raise refused("revoked-credential", "The credential has been revoked. Ask for a new one.")
        slug = request.path_params.get("council")
        if slug is not None:
            _may_act(state.directory.councils.get(slug), slug, caller)
        if caller.delegated:
            _within(caller, await self.theme(request) if callable(self.theme) else self.theme)
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


def _within(caller: Caller, theme: str | None) -> None:
    """A delegate reaches what is of his mandate's theme, and nothing that is of none."""
    if not theme:
        detail = "Nobody can do this for another. The person does it himself, by a token of his own sign-in."
        raise Problem(403, "not-for-delegates", detail)
    if not (caller.actor and caller.mandate and caller.theme == theme):
        detail = f"This needs a mandate for {theme}. Ask the person for one, and then for a token by it."
        raise Problem(403, "wrong-theme", detail, theme=theme)


_authorisation = Authorisation()


def permission(scope: str, *, theme: str | ThemeOf = "") -> Any:
    """The scope a route demands: ``caller: Annotated[Caller, permission("address:read")]``.

    ``theme`` lets those in who act for another by a mandate for it: its name, or a function that finds that
    of the resource asked for (None where there is none; it sees a request whose parameters are not checked
    yet). Others are asked no theme. Without it nobody acts for another here.
    """
    return Security(Authorisation(theme) if theme else _authorisation, scopes=[scope])


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
