"""What the simulator remembers of a sign-in: visits, codes used once, access tokens, assertions."""

import secrets
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from simulators.openid_provider.authorization_request import Asked
from simulators.openid_provider.errors import TokenError
from simulators.openid_provider.faults import NONE, Faults

T = TypeVar("T")

CODE_SECONDS = 300
TOKEN_SECONDS = 180
VISIT_SECONDS = 3_600
_MOST = 5_000


@dataclass(slots=True)
class Grant:
    """Somebody signed in for a client. ``faults``: what was chosen to go wrong in this one."""

    request: Asked
    person: str
    at: int
    faults: Faults = NONE
    sid: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    spent: bool = False


class Memory(Generic[T]):
    """Things by a secret name, each until its time is over."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._kept: dict[str, tuple[float, T]] = {}

    def add(self, thing: T, now: float) -> str:
        """Its name, which nobody guesses."""
        while len(self._kept) >= _MOST:
            self._kept.pop(next(iter(self._kept)))
        name = secrets.token_urlsafe(24)
        self._kept[name] = (now + self._seconds, thing)
        return name

    def find(self, name: str, now: float) -> T | None:
        """None when it is not there, or no more."""
        until, thing = self._kept.get(name, (0.0, None))
        return thing if now < until else None

    def drop(self, thing: T) -> None:
        """Forget every name of it."""
        self._kept = {name: one for name, one in self._kept.items() if one[1] is not thing}


class Once:
    """Names that may be used once until a time."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}

    def use(self, name: str, until: float, now: float) -> None:
        """TokenError the second time."""
        self._used = {one: end for one, end in self._used.items() if end > now}
        if name in self._used:
            raise TokenError("invalid_client", "The assertion's jti was used before", 401)
        self._used[name] = until
