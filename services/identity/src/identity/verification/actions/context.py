"""What a process needs to authenticate people: a clock, keys, rate limits and a password pool."""

import asyncio
import hashlib
import ipaddress
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis.clock import unix_time
from chassis.database import Session
from chassis.problems import Problem
from chassis.rates import Limit, SharedLimiter
from identity.settings import Settings
from identity.shared.rules import crypto
from identity.verification.rules import passwords

_P = ParamSpec("_P")
_R = TypeVar("_R")
_PASSES = 2
_LANES = 1
_WAITING = 32
"""Passwords that may wait to be hashed. More are turned away, or memory and patience would run out."""


@dataclass(frozen=True, slots=True)
class ClientContext:
    """What the service sees of a browser.

    ``browser``: the hash of a secret that this browser alone has. ``client``: the client whose request the
    browser came with, empty without one.
    """

    browser: bytes
    network: str
    language: str
    device: str
    client: str = ""


class PasswordPool:
    """Hashes passwords (argon2id) in threads of its own, so many at once as memory allows."""

    def __init__(self, threads: int, memory_kib: int) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=memory_kib, parallelism=_LANES)
        self._threads = ThreadPoolExecutor(threads, "passwords")
        self._room = asyncio.Semaphore(_WAITING)
        self._hash_of_nobody = self._hasher.hash(os.urandom(16).hex())

    async def hash(self, password: str) -> str:
        """Hash a password as a PHC string. Raises Problem 503 when too many wait."""
        return await self._run(self._hasher.hash, passwords.normalise(password))

    async def verify(self, stored_hash: str | None, password: str) -> bool:
        """Tell whether a password fits a hash. None, of no account, takes as long. Raises Problem 503."""
        fits = await self._run(self._fits, stored_hash or self._hash_of_nobody, passwords.normalise(password))
        return fits and stored_hash is not None

    async def is_too_common(self, password: str, *personal_data: str) -> bool:
        """Tell whether a password is easy to guess. Raises Problem 503 when too many wait."""
        return await self._run(passwords.is_too_common, passwords.normalise(password), *personal_data)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fits(self, stored_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        if self._room.locked():
            raise Problem(
                503, "busy", "Too many people sign in just now. Try again.", headers={"Retry-After": "2"}
            )
        async with self._room:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: function(*args, **kwargs)
            )


class AuthContext:
    """The clock, keys, rate limits and password pool of one process.

    ``clock`` returns Unix seconds; tests put their own in its place.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = unix_time) -> None:
        master = crypto.parse_master_key(settings.master_key.get_secret_value())
        self.settings = settings
        self.clock = clock
        self.code_key = crypto.derive_subkey(master, "one-time codes")
        self.sealing_key = crypto.derive_subkey(master, "authenticator secrets")
        self.limiter = SharedLimiter(crypto.derive_subkey(master, "attempts"))
        self.passwords = PasswordPool(settings.password_threads, settings.password_memory_kib)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    @property
    def domain(self) -> str:
        """WebAuthn's relying party id: the issuer's host, or localhost, since an IP address cannot be one."""
        host = urlsplit(self.settings.issuer).hostname or "localhost"
        return "localhost" if _is_address(host) else host

    @property
    def origins(self) -> list[str]:
        """The origins of our pages."""
        url = urlsplit(self.settings.issuer)
        port = f":{url.port}" if url.port else ""
        return [f"{url.scheme}://{self.domain}{port}"]

    async def retry_after(self, session: Session, *attempts: tuple[Limit, str]) -> datetime | None:
        """Count one attempt under each limit, for whom or what it names.

        Return when to try again if a limit is reached; then the attempt counts under none.
        """
        refusal = await self.limiter.take(session, *attempts)
        return refusal.retry_at if refusal is not None else None


def hash_browser_secret(secret: str) -> bytes:
    """Hash the secret of a browser, as tables hold it."""
    return hashlib.sha256(secret.encode()).digest()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
