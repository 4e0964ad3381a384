"""What one process needs to sign people in: keys, a bounded pool for passwords, who we are to browsers."""

import asyncio
import hashlib
import ipaddress
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis.database import Session
from chassis.problems import Problem
from identity.settings import Settings
from identity.shared.rules import crypto
from identity.shared.rules.limits import Limit
from identity.verification import store
from identity.verification.rules import codes, passwords

_P = ParamSpec("_P")
_R = TypeVar("_R")
MEMORY_KIB = 19_456
PASSES = 2
LANES = 1
"""OWASP's settings for argon2id."""
_WAITING = 32
"""Passwords that wait to be hashed; more are turned away, or memory and patience would run out."""


@dataclass(frozen=True, slots=True)
class ClientContext:
    """A browser as sign-in sees it. ``browser``: hash of the secret it alone has; ``client``: who sent it."""

    browser: bytes
    network: str
    language: str
    device: str
    client: str = ""


class Passwords:
    """argon2id in threads of its own: never in the event loop, and never more at once than memory allows."""

    def __init__(self, threads: int) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = ThreadPoolExecutor(threads, "passwords")
        self._room = asyncio.Semaphore(_WAITING)
        self._nobodys = self._hasher.hash(os.urandom(16).hex())

    async def hash(self, password: str) -> str:
        """The PHC string to keep."""
        return await self._run(self._hasher.hash, passwords.normal(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the one. Nobody's (None) takes as long as somebody's."""
        right = await self._run(self._right, stored or self._nobodys, passwords.normal(password))
        return right and stored is not None

    async def too_common(self, password: str, *of_person: str) -> bool:
        return await self._run(passwords.too_common, passwords.normal(password), *of_person)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _right(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[_P, _R], *given: _P.args, **named: _P.kwargs) -> _R:
        if self._room.locked():
            raise Problem(
                503, "busy", "Too many people sign in just now. Try again.", headers={"Retry-After": "2"}
            )
        async with self._room:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: work(*given, **named)
            )


class AuthContext:
    """``clock`` answers Unix seconds; tests put their own in its place."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        master = crypto.parse_master_key(settings.master_key.get_secret_value())
        self.settings = settings
        self.clock = clock
        self.coding = crypto.derive_subkey(master, "one-time codes")
        self.sealing = crypto.derive_subkey(master, "authenticator secrets")
        self._counting = crypto.derive_subkey(master, "attempts")
        self.passwords = Passwords(settings.password_threads)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    @property
    def domain(self) -> str:
        """WebAuthn's relying party id: the issuer's host. An address cannot be one: a laptop is localhost."""
        host = urlsplit(self.settings.issuer).hostname or "localhost"
        return "localhost" if _is_address(host) else host

    @property
    def origins(self) -> list[str]:
        """The origins of our pages."""
        url = urlsplit(self.settings.issuer)
        port = f":{url.port}" if url.port else ""
        return [f"{url.scheme}://{self.domain}{port}"]

    async def check_rate(self, session: Session, *asked: tuple[Limit, str]) -> bool:
        """Count one try of each; false when one of them has been tried too often."""
        counted = {
            codes.digest(self._counting, limit.name, of_whom): (limit.most, limit.seconds)
            for limit, of_whom in asked
        }
        return await store.count(session, counted, self.now())

    async def retry_after(self, session: Session, *asked: tuple[Limit, str]) -> datetime | None:
        """Count one try of each; None when it may be made, else from when on there may be another."""
        return None if await self.check_rate(session, *asked) else await self._free_at(session, *asked)

    async def _free_at(self, session: Session, *asked: tuple[Limit, str]) -> datetime:
        now = self.now()
        counted = {codes.digest(self._counting, limit.name, of_whom): limit for limit, of_whom in asked}
        free = [now]
        for key, times in (await store.tries(session, list(counted))).items():
            limit = counted[key]
            within = sorted(one for one in times if one > now - timedelta(seconds=limit.seconds))
            if len(within) >= limit.most:
                free.append(within[-limit.most] + timedelta(seconds=limit.seconds))
        return max(free)


def browser_hash(secret: str) -> bytes:
    """How a browser stands in tables."""
    return hashlib.sha256(secret.encode()).digest()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
