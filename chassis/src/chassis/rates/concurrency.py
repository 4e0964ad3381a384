"""A limit of what is worked on at once."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from chassis.problems import Problem
from chassis.rates.refusals import CODE

_RETRY_AFTER = 2  # seconds


class ConcurrencyLimiter:
    """Limits the requests of one subject that are worked on at once; a few more wait, the rest are refused.

    A flood for one subject leaves the others their share of the database's connections.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once, self._max_requests = at_once, at_once + waiting
        self._slots: dict[Hashable, tuple[asyncio.Semaphore, int]] = {}  # no more than there are requests

    @asynccontextmanager
    async def hold(self, subject: Hashable) -> AsyncIterator[None]:
        """Hold a slot while one request of the subject is worked on. Raises Problem 429."""
        slots, count = self._slots.get(subject, (asyncio.Semaphore(self._at_once), 0))
        if count >= self._max_requests:
            detail = f"Too many requests at once. Try again in {_RETRY_AFTER} s."
            raise Problem(429, CODE, detail, headers={"Retry-After": str(_RETRY_AFTER)})
        self._slots[subject] = slots, count + 1
        try:
            async with slots:
                yield
        finally:
            count = self._slots.pop(subject)[1] - 1
            if count:
                self._slots[subject] = slots, count
