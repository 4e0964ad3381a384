"""Grants, and the stores of codes, access tokens and used assertions."""

import secrets
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from simulators.openid_provider.authorization_request import AuthorizationRequest
from simulators.openid_provider.errors import TokenError
from simulators.openid_provider.faults import NO_FAULTS, Faults

T = TypeVar("T")

REQUEST_SECONDS = 3_600
CODE_SECONDS = 300
TOKEN_SECONDS = 180
_MAX_ENTRIES = 5_000


@dataclass(slots=True)
class Grant:
    """A person's sign-in for a client. ``faults``: those the tester chose for this sign-in alone."""

    request: AuthorizationRequest
    person: str
    auth_time: int
    faults: Faults = NO_FAULTS
    sid: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    code_used: bool = False


class ExpiringStore(Generic[T]):
    """Values by a secret key, each for the same number of seconds."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._entries: dict[str, tuple[float, T]] = {}

    def add(self, value: T, now: float) -> str:
        """Store a value under a new random key, and return the key. The oldest entry gives way."""
        while len(self._entries) >= _MAX_ENTRIES:
            self._entries.pop(next(iter(self._entries)))
        key = secrets.token_urlsafe(24)
        self._entries[key] = (now + self._seconds, value)
        return key

    def find(self, key: str, now: float) -> T | None:
        """Return the value; None when the key is unknown or has expired."""
        expiry, value = self._entries.get(key, (0.0, None))
        return value if now < expiry else None

    def remove(self, value: T) -> None:
        """Remove every entry of a value."""
        self._entries = {key: entry for key, entry in self._entries.items() if entry[1] is not value}


class ReplayGuard:
    """Identifiers of assertions, each of which may be used once until it expires."""

    def __init__(self) -> None:
        self._expiries: dict[str, float] = {}

    def use(self, identifier: str, expiry: float, now: float) -> None:
        """Record a use. Raises TokenError the second time."""
        self._expiries = {identifier_: end for identifier_, end in self._expiries.items() if end > now}
        if identifier in self._expiries:
            raise TokenError("invalid_client", "The assertion's jti was used before", 401)
        self._expiries[identifier] = expiry
