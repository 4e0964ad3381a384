"""Who may: every service checks tokens itself, offline, with the issuer's cached public keys.

A permission stands in the signature of a route: ``caller: Annotated[Caller, permission("address:read")]``.
An operation without one says ``_: Annotated[None, public]``. The check is: signature, ``typ``, ``iss``,
``aud``, ``exp``, the deny list, the council of the path, the scope.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from fastapi import Depends, Request, Security
from fastapi.openapi.models import OAuth2, OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.problems import Problem

log = logging.getLogger(__name__)

ALGORITHMS = ["ES256"]
TYPES = frozenset({"at+jwt", "key+jwt"})
ALL_COUNCILS = "*"
_LONGEST_TOKEN = 4096
_KEPT = 20_000  # tokens remembered
_KEYS_AGE = 300.0  # seconds until the issuer's keys are read again
_KEYS_PAUSE = 2.0  # seconds between two reads, whatever comes
_LEEWAY = 5  # seconds of difference between two machines' clocks

KeySource = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as its token says."""

    subject: str
    client_id: str
    token_id: str
    councils: frozenset[str]
    scopes: frozenset[str]
    mode: str
    expires: int

    def acts_for(self, council: str) -> bool:
        return council in self.councils or ALL_COUNCILS in self.councils


def keys_from(url: str) -> KeySource:
    """Reads a JWKS from an http, https or file URL."""

    async def read() -> dict[str, Any]:
        if url.startswith("file://"):
            text = await asyncio.to_thread(Path(urlsplit(url).path).read_text)
            return dict(httpx.Response(200, text=text).json())
        async with httpx.AsyncClient(timeout=3.0, trust_env=False) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            return dict(answer.json())

    return read


class Verifier:
    """Checks tokens. A token that passed is remembered until it expires: checking again is a look-up."""

    def __init__(self, issuer: str, audience: str, source: KeySource) -> None:
        self._issuer = issuer
        self._audience = audience
        self._source = source
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._lock = asyncio.Lock()
        self._known: dict[str, Caller] = {}

    async def check(self, token: str) -> Caller:
        """The caller behind a token. Raises Problem 401, or 503 when the issuer's keys cannot be had."""
        caller = self._known.get(token)
        if caller is None:
            caller = await self._verify(token)
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[token] = caller
        if caller.expires + _LEEWAY < time.time():
            self._known.pop(token, None)
            raise refused("expired-credential", "The credential has expired. Ask for a new one.")
        return caller

    async def _verify(self, token: str) -> Caller:
        if len(token) > _LONGEST_TOKEN:
            raise refused("invalid-credential", "The credential is too long to be one of ours.")
        try:
            return self._decode(token, await self._fresh_keys(max_age=_KEYS_AGE))
        except (JoseError, ValueError, KeyError, TypeError):
            # Signed perhaps with a key newer than those held: look once more.
            try:
                return self._decode(token, await self._fresh_keys(max_age=_KEYS_PAUSE))
            except (JoseError, ValueError, KeyError, TypeError) as error:
                log.info("credential refused: %s", type(error).__name__)
                raise refused("invalid-credential", "The credential was not issued here.") from error

    def _decode(self, token: str, keys: KeySet) -> Caller:
        decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = decoded.claims
        if decoded.header.get("typ") not in TYPES:
            raise ValueError("typ")
        if claims["iss"] != self._issuer or claims["aud"] != self._audience:
            raise ValueError("iss or aud")
        return Caller(
            subject=str(claims["sub"]),
            client_id=str(claims["client_id"]),
            token_id=str(claims["jti"]),
            councils=frozenset(map(str, claims["councils"])),
            scopes=frozenset(str(claims["scope"]).split()),
            mode=str(claims["mode"]),
            expires=int(claims["exp"]),
        )

    async def _fresh_keys(self, *, max_age: float) -> KeySet:
        """The issuer's keys, at most ``max_age`` seconds old; old ones serve on while it is away."""
        async with self._lock:
            if self._keys is None or time.monotonic() - self._read_at > max_age:
                try:
                    self._keys = KeySet.import_key_set(await self._source())  # type: ignore[arg-type]
                except (httpx.HTTPError, OSError, ValueError) as error:
                    log.warning("the issuer's keys cannot be read: %r", error)
                    if self._keys is None:
                        raise _keys_away() from error
                self._read_at = time.monotonic()
            return self._keys


def _keys_away() -> Problem:
    detail = "The issuer's keys cannot be read just now. Try again."
    return Problem(503, "issuer-unavailable", detail, headers={"Retry-After": "2"})


def refused(code: str, detail: str) -> Problem:
    """A 401 as RFC 6750 wants it."""
    error = "" if code == "missing-credential" else ' error="invalid_token"'
    return Problem(401, code, detail, headers={"WWW-Authenticate": f"Bearer{error}"})


class Credential(SecurityBase):
    """Where a credential may stand: Bearer, ``X-Api-Key``, the ``key`` header or parameter of OS clients."""

    def __init__(self) -> None:
        flow = OAuthFlowClientCredentials(tokenUrl="/identity/token")
        self.model = OAuth2(flows=OAuthFlows(clientCredentials=flow))
        self.scheme_name = "oauth2"

    async def __call__(self, request: Request) -> str:
        headers = request.headers
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and bearer:
            return bearer.strip()
        token = headers.get("x-api-key") or headers.get("key") or request.query_params.get("key")
        if not token:
            raise refused(
                "missing-credential", "Send a token as Authorization: Bearer, or a key as X-Api-Key."
            )
        return token


async def authorise(
    request: Request, required: SecurityScopes, token: Annotated[str, Security(Credential())]
) -> Caller:
    """The caller, when it may do this here. Raises Problem 401, 403 or 404."""
    state = request.app.state
    caller: Caller = await state.verifier.check(token)
    revoked = state.directory.revoked
    if caller.token_id in revoked or caller.client_id in revoked:
        raise refused("revoked-credential", "The credential has been revoked. Ask for a new one.")
    slug = request.path_params.get("council")
    if slug is not None:
        _may_act(state.directory.councils.get(slug), slug, caller)
    for scope in required.scopes:
        if scope not in caller.scopes:
            raise Problem(403, "missing-scope", f"This needs the scope {scope}.", scope=scope)
    return caller


def _may_act(council: Any, slug: str, caller: Caller) -> None:
    if council is None:
        raise Problem(404, "unknown-council", f"There is no council {slug[:40]!r} here.")
    if not caller.acts_for(slug):
        raise Problem(403, "wrong-council", f"This credential is not for {slug}.")
    if council.suspended:
        raise Problem(403, "council-suspended", f"{slug} is suspended. Ask the operator of the region.")


def permission(scope: str) -> Any:
    """The scope a route demands: ``caller: Annotated[Caller, permission("address:read")]``."""
    return Security(authorise, scopes=[scope])


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
