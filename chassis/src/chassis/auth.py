"""Permissions: every service checks tokens itself, offline, with the issuer's cached public keys.

A permission stands in the signature of a route: ``caller: Annotated[Caller, permission("address:read")]``.
A public operation says ``_: Annotated[None, public]``. What is checked: signature, ``typ``, ``iss``, ``aud``,
``exp``, the deny list, the council in the path, the scope. A delegate, who acts for somebody else by a
mandate, is refused unless the permission names a theme: ``permission("casework:own", theme="waste")``.
"""

from collections.abc import Awaitable, Callable, Iterable
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
SESSION_SCHEME = "staff-session"
"""The internal security scheme of pages for staff; in the document they have ``x-session``."""
ANY_THEME = "*"
"""Lets in delegates of every theme: the operation keeps to the resources of ``caller.theme`` itself."""
DELEGATE_PREFIX = "delegates:"
"""Prefix of internal security-scheme names for operations open to delegates; removed from the document."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of an operation, as the token says.

    ``actor`` acts for the subject, by the ``mandate`` and only in its ``theme``; empty if nobody does.
    ``revocable_ids``: the token is refused when any of them is revoked. ``delegated``: whether somebody acts
    for the subject. A token with only some of actor, mandate and theme is delegated and gets in nowhere.
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
    revocable_ids: tuple[str, ...] = field(init=False, repr=False)
    delegated: bool = field(init=False)

    def __post_init__(self) -> None:
        """Derive both once: every request with a remembered token needs them."""
        ids = (self.token_id, self.client_id, self.subject, self.mandate, self.actor)
        object.__setattr__(self, "revocable_ids", tuple(dict.fromkeys(filter(None, ids))))
        object.__setattr__(self, "delegated", bool(self.actor or self.mandate or self.theme))

    def record(self) -> dict[str, str]:
        """Name who did it, for a record: ``sub``, and for a delegate's act ``act`` and ``mandate`` too."""
        acting = {"act": self.actor, "mandate": self.mandate} if self.delegated else {}
        return {"sub": self.subject, **acting}

    def may_act_in(self, council: str) -> bool:
        """Check whether the credential is for this council."""
        return council in self.councils or ALL_COUNCILS in self.councils


def unauthorized(code: str, detail: str) -> Problem:
    """Make the 401 of RFC 6750, section 3."""
    error = "" if code == "missing-credential" else ' error="invalid_token"'
    return Problem(401, code, detail, headers={"WWW-Authenticate": f"Bearer{error}"})


class Authorisation(SecurityBase):
    """Security scheme that answers the caller, if the caller has the permission in this council.

    A credential may stand as Bearer, as ``X-Api-Key``, or as the ``key`` header or parameter of OS clients.
    """

    def __init__(self, theme: str | ThemeOf = "") -> None:
        flow = OAuthFlowClientCredentials(tokenUrl="/identity/token")
        self.model = OAuth2(flows=OAuthFlows(clientCredentials=flow))
        self.theme = theme
        name = theme if isinstance(theme, str) and theme != ANY_THEME else ""
        self.scheme_name = f"{DELEGATE_PREFIX}{name}" if theme else "oauth2"

    async def __call__(self, request: Request, required: SecurityScopes) -> Caller:
        """Check the request's credential and return its caller. Raises Problem 401, 403 or 404."""
        caller = await check_credential(request, read_credential(request))
        if caller.delegated:
            _check_theme(caller, await self.theme(request) if callable(self.theme) else self.theme)
        require_scopes(caller, required.scopes)
        return caller


async def check_credential(request: Request, credential: str) -> Caller:
    """Check a credential for the council in the path, and return its caller. Raises Problem 401, 403 or 404.

    For a contract that puts the credential elsewhere. It looks at no scope, nor whether somebody acts for
    another.
    """
    state = request.app.state
    caller: Caller = await state.verifier.check(credential)
    if state.deny_list.refuses(caller):
        raise unauthorized("revoked-credential", "The credential has been revoked. Ask for a new one.")
    await require_council(request, caller)
    return caller


async def require_council(request: Request, caller: Caller) -> None:
    """Require that the caller may act in the council in the path. Raises Problem 403, 404 or 503."""
    slug = request.path_params.get("council")
    if slug is not None:
        _check_council(await request.app.state.directory.find_council(slug), slug, caller)


def require_scopes(caller: Caller, scopes: Iterable[str]) -> None:
    """Require scopes of a caller. Raises Problem 403."""
    for scope in scopes:
        if scope not in caller.scopes:
            raise Problem(403, "missing-scope", f"This needs the scope {scope}.", scope=scope)


def read_credential(request: Request) -> str:
    """Read the credential of a request, wherever it stands. Raises Problem 401 if there is none."""
    headers = request.headers
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        return bearer.strip()
    token = headers.get("x-api-key") or headers.get("key") or request.query_params.get("key")
    if not token:
        detail = "Send a token as Authorization: Bearer, or a key as X-Api-Key."
        raise unauthorized("missing-credential", detail)
    return token


def not_ready(slug: str) -> Problem:
    """Make the 503 for a council that may exist, but has not arrived here yet."""
    detail = f"{slug[:40]} is not known here yet. Try again."
    return Problem(503, "council-not-ready", detail, headers={"Retry-After": "1"})


def _unknown_council(slug: str) -> Problem:
    return Problem(404, "unknown-council", f"There is no council {slug[:40]!r} here.")


def _check_council(council: Any, slug: str, caller: Caller) -> None:
    if council is None:
        # The issuer knows the council that it names in a token: it is only here that it has not arrived.
        raise not_ready(slug) if slug in caller.councils else _unknown_council(slug)
    if not caller.may_act_in(slug):
        raise Problem(403, "wrong-council", f"This credential is not for {slug}.")
    if council.suspended:
        raise Problem(403, "council-suspended", f"{slug} is suspended. Ask the operator of the region.")


def _check_theme(caller: Caller, theme: str | None) -> None:
    """Let a delegate do what is of their mandate's theme, and nothing that has no theme."""
    if not theme:
        detail = "You cannot do this for somebody else. They must sign in and do it themselves."
        raise Problem(403, "not-for-delegates", detail)
    if not (caller.actor and caller.mandate and caller.theme and theme in {caller.theme, ANY_THEME}):
        detail = f"You need a mandate for {theme}. Ask the person for one, then ask for a token with it."
        raise Problem(403, "wrong-theme", detail, theme=theme)


_authorisation = Authorisation()


def permission(scope: str, *, theme: str | ThemeOf = "") -> Any:
    """Require a scope of a route's caller: ``caller: Annotated[Caller, permission("address:read")]``.

    ``theme`` lets in delegates with a mandate for it. It is a theme's name, or a function that finds the
    theme of the resource in the path: None where there is none; or ``ANY_THEME``, where the operation keeps
    to what is of ``caller.theme``, as a list does. The function sees a request whose parameters
    are not validated yet. Without ``theme`` no delegate gets in; for others it changes nothing.
    """
    return Security(Authorisation(theme) if theme else _authorisation, scopes=[scope])


signed_in: Any = Security(_authorisation)
"""The caller, where a router requires the permission of all its routes: ``Annotated[Caller, signed_in]``."""


class _Public(SecurityBase):
    """Marks an operation that needs no credential."""

    def __init__(self) -> None:
        self.model = OAuth2(flows=OAuthFlows())
        self.scheme_name = "public"

    async def __call__(self, request: Request) -> None:
        slug = request.path_params.get("council")
        if slug is not None and await request.app.state.directory.find_council(slug) is None:
            raise _unknown_council(slug)


public: Any = Depends(_Public())
