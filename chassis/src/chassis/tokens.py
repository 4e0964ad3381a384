"""Verifies tokens offline, with the issuer's public keys. Only a process that serves imports this."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis import clock
from chassis.auth import Caller, KeySource, unauthorized
from chassis.outbound import Outbound, OutboundError, Reach, Request
from chassis.problems import Problem

log = logging.getLogger(__name__)

ALGORITHMS = ["ES256"]
TYPES = frozenset({"at+jwt", "key+jwt"})
_MAX_TOKEN_LENGTH = 4096
_MAX_KEYS_BYTES = 262_144
_CACHE_SIZE = 20_000  # tokens
_MAX_KEYS_AGE = 300.0  # seconds until the issuer's keys are read again
_MIN_KEYS_AGE = 2.0  # seconds between two reads, whatever tokens come
_T = TypeVar("_T")
_LEEWAY = 5  # seconds of difference between two machines' clocks


def make_key_source(url: str, outbound: Outbound | None = None) -> KeySource:
    """Make a function that reads a JWKS from a file URL, or with ``outbound`` from an http or https one."""

    async def read() -> dict[str, Any]:
        if url.startswith("file://"):
            text = await asyncio.to_thread(Path(urlsplit(url).path).read_text)
            return dict(json.loads(text))
        if outbound is None:
            raise ValueError("only a JWKS in a file is read without calls to other servers")
        request = Request("GET", url, _MAX_KEYS_BYTES, reach=Reach.ANYWHERE, allow_http=True, seconds=3.0)
        return dict(json.loads((await outbound.send(request)).require_success().body))

    return read


class TokenVerifier:
    """Verifies tokens. A valid token is remembered until it expires: to verify it again is a look-up."""

    def __init__(self, issuer: str, audience: str, source: KeySource) -> None:
        self._issuer = issuer
        self._audience = audience
        self._source = source
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._lock = asyncio.Lock()
        self._callers: dict[str, Caller] = {}

    async def check(self, token: str) -> Caller:
        """Verify a token and return its caller. Problem 401, or 503 when the issuer's keys are away."""
        caller = self._callers.get(token)
        if caller is None:
            caller = await self._verify(token)
            if len(self._callers) >= _CACHE_SIZE:
                self._callers.clear()
            self._callers[token] = caller
        if caller.expires + (0 if caller.delegated else _LEEWAY) <= clock.unix_time():
            self._callers.pop(token, None)
            raise unauthorized("expired-credential", "The credential has expired. Ask for a new one.")
        return caller

    async def _verify(self, token: str) -> Caller:
        return await self._read(token, self._read_caller)

    async def read_claims(self, token: str, kind: str, audience: str) -> dict[str, Any]:
        """Read the claims of an ID token or logout token that was issued to us, its ``typ`` being ``kind``.

        ``exp`` and what else such a token promises is the caller's to check. Raises Problem 401 or 503.
        """
        return await self._read(token, lambda token, keys: self._decode(token, keys, {kind}, audience))

    async def _read(self, token: str, decode: Callable[[str, KeySet], _T]) -> _T:
        if len(token) > _MAX_TOKEN_LENGTH:
            raise unauthorized("invalid-credential", "The credential is too long to be one of ours.")
        try:
            return decode(token, await self._fresh_keys(max_age=_MAX_KEYS_AGE))
        except (JoseError, ValueError, KeyError, TypeError):
            # The token may be signed with a key newer than those in memory: read the keys once more.
            try:
                return decode(token, await self._fresh_keys(max_age=_MIN_KEYS_AGE))
            except (JoseError, ValueError, KeyError, TypeError) as error:
                log.info("credential refused: %s", type(error).__name__)
                raise unauthorized("invalid-credential", "The credential was not issued here.") from error

    def _decode(self, token: str, keys: KeySet, kinds: Collection[str], audience: str) -> dict[str, Any]:
        decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
        if decoded.header.get("typ") not in kinds:
            raise ValueError("typ")
        if decoded.claims["iss"] != self._issuer or decoded.claims["aud"] != audience:
            raise ValueError("iss or aud")
        return dict(decoded.claims)

    def _read_caller(self, token: str, keys: KeySet) -> Caller:
        claims = self._decode(token, keys, TYPES, self._audience)
        return Caller(
            subject=str(claims["sub"]),
            client_id=str(claims["client_id"]),
            token_id=str(claims["jti"]),
            councils=frozenset(map(str, claims["councils"])),
            scopes=frozenset(str(claims["scope"]).split()),
            mode=str(claims["mode"]),
            expires=int(claims["exp"]),
            mandate=str(claims.get("mandate", "")),
            issued=int(claims["iat"]),
            actor=_read_actor(claims.get("act")),
            theme=str(claims.get("theme", "")),
        )

    async def _fresh_keys(self, *, max_age: float) -> KeySet:
        """Return the issuer's keys, at most ``max_age`` seconds old, or older while the issuer is away."""
        async with self._lock:
            if self._keys is None or time.monotonic() - self._read_at > max_age:
                try:
                    self._keys = KeySet.import_key_set(await self._source())  # type: ignore[arg-type]
                except (OutboundError, OSError, ValueError) as error:
                    log.warning("the issuer's keys cannot be read: %r", error)
                    if self._keys is None:
                        raise _keys_unavailable() from error
                self._read_at = time.monotonic()
            return self._keys


def _read_actor(act: Any) -> str:
    """Read who acts for the subject (RFC 8693, section 4.1). Raises ValueError for a chain of actors."""
    if act is None:
        return ""
    if set(act) != {"sub"} or not isinstance(act["sub"], str) or not act["sub"]:
        raise ValueError("act")
    return str(act["sub"])


def _keys_unavailable() -> Problem:
    detail = "The issuer's keys cannot be read just now. Try again."
    return Problem(503, "issuer-unavailable", detail, headers={"Retry-After": "2"})
