"""Checking tokens offline, with the issuer's public keys. Only a process that serves imports this."""

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.auth import Caller, KeySource, refused
from chassis.problems import Problem

log = logging.getLogger(__name__)

ALGORITHMS = ["ES256"]
TYPES = frozenset({"at+jwt", "key+jwt"})
_LONGEST_TOKEN = 4096
_KEPT = 20_000  # tokens remembered
_KEYS_AGE = 300.0  # seconds until the issuer's keys are read again
_KEYS_PAUSE = 2.0  # seconds between two reads, whatever comes
_LEEWAY = 5  # seconds of difference between two machines' clocks


def keys_from(url: str) -> KeySource:
    """Reads a JWKS from an http, https or file URL."""

    async def read() -> dict[str, Any]:
        if url.startswith("file://"):
            text = await asyncio.to_thread(Path(urlsplit(url).path).read_text)
            return dict(json.loads(text))
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
        if caller.expires + (0 if caller.delegated else _LEEWAY) <= time.time():
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
            mandate=str(claims.get("mandate", "")),
            issued=int(claims["iat"]),
            actor=_actor(claims.get("act")),
            theme=str(claims.get("theme", "")),
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


def _actor(act: Any) -> str:
    """Who acts for the subject (RFC 8693, section 4.1). Nobody acts through a third. Raises ValueError."""
    if act is None:
        return ""
    if set(act) != {"sub"} or not isinstance(act["sub"], str) or not act["sub"]:
        raise ValueError("act")
    return str(act["sub"])


def _keys_away() -> Problem:
    detail = "The issuer's keys cannot be read just now. Try again."
    return Problem(503, "issuer-unavailable", detail, headers={"Retry-After": "2"})
