"""Rate limits of clients at the protocol's endpoints, so that one cannot crowd the others out.

A client is counted after it has authenticated, so nobody can use up another's share; where it is only named,
each network has a share of its own. Each process counts for itself. Unauthenticated requests are limited by
address, at the gateway.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.problems import Problem

_MAX_CLIENTS = 20_000  # clients remembered; the least recently used is forgotten and starts afresh


class RateLimiter:
    """A token bucket for each client: ``burst`` requests at once, ``rate`` a second sustained."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[tuple[UUID | str, str], tuple[float, float]] = OrderedDict()

    def take(self, client_id: UUID | str, share: str = "") -> None:
        """Count one request; ``share``: whose part of the client's requests it is.

        Raises Problem 429 with Retry-After.
        """
        now, key = self._clock(), (client_id, share)
        tokens, counted_at = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - counted_at) * self._rate)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > _MAX_CLIENTS:
            self._buckets.popitem(last=False)
        if not allowed:
            raise _too_many_requests(max(1, round((1 - tokens) / self._rate)))


class ConcurrencyLimiter:
    """Limits the requests of one client that are worked on at once; a few more wait, the rest are refused.

    A flood for one client leaves the others their share of the database's connections.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once, self._max_requests = at_once, at_once + waiting
        self._slots: dict[UUID, tuple[asyncio.Semaphore, int]] = {}  # no more than there are requests

    @asynccontextmanager
    async def hold(self, client_id: UUID) -> AsyncIterator[None]:
        """Hold a slot while one request of the client is worked on. Raises Problem 429."""
        slots, count = self._slots.get(client_id, (asyncio.Semaphore(self._at_once), 0))
        if count >= self._max_requests:
            raise _too_many_requests(2)
        self._slots[client_id] = slots, count + 1
        try:
            async with slots:
                yield
        finally:
            count = self._slots.pop(client_id)[1] - 1
            if count:
                self._slots[client_id] = slots, count


def _too_many_requests(wait: int) -> Problem:
    detail = f"The client sends too many requests. Try again in {wait} s, and keep tokens while they last."
    return Problem(429, "temporarily_unavailable", detail, headers={"Retry-After": str(wait)})
