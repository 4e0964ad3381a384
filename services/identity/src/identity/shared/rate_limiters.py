"""How fast one client may go at the protocol's endpoints, so that it cannot crowd the others out.

Counted after a client has shown who it is: nobody can use up another's share. Where a client is only named,
each network has its own share. Each process counts for itself; what strangers send is limited by address,
at the gateway.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.problems import Problem

_MAX_CLIENTS = 20_000  # clients remembered; who is forgotten, the longest unused first, starts afresh


class RateLimiter:
    """A bucket for each client: ``burst`` requests at once, ``rate`` a second sustained."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[tuple[UUID | str, str], tuple[float, float]] = OrderedDict()

    def take(self, client_id: UUID | str, share: str = "") -> None:
        """Count one request; ``share``: whose part of the client's requests it is.

        Raises Problem 429 that says when to come again.
        """
        now, whose = self._clock(), (client_id, share)
        level, at = self._buckets.pop(whose, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        allowed = level >= 1
        self._buckets[whose] = (level - 1 if allowed else level, now)
        if len(self._buckets) > _MAX_CLIENTS:
            self._buckets.popitem(last=False)
        if not allowed:
            raise _too_many_requests(max(1, round((1 - level) / self._rate)))


class ConcurrencyLimiter:
    """How many requests of one client are worked on at once; a few more wait, the rest is turned away.

    So that a flood for one client leaves the others their share of the database's connections.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once, self._most = at_once, at_once + waiting
        self._inside: dict[UUID, tuple[asyncio.Semaphore, int]] = {}  # no more than there are requests

    @asynccontextmanager
    async def hold(self, client_id: UUID) -> AsyncIterator[None]:
        """Work on one request of the client. Raises Problem 429."""
        turn, count = self._inside.get(client_id, (asyncio.Semaphore(self._at_once), 0))
        if count >= self._most:
            raise _too_many_requests(2)
        self._inside[client_id] = turn, count + 1
        try:
            async with turn:
                yield
        finally:
            count = self._inside.pop(client_id)[1] - 1
            if count:
                self._inside[client_id] = turn, count


def _too_many_requests(wait: int) -> Problem:
    detail = f"The client sends too many requests. Try again in {wait} s, and keep tokens while they last."
    return Problem(429, "temporarily_unavailable", detail, headers={"Retry-After": str(wait)})
