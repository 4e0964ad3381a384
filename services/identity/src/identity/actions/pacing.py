"""How fast one client may go at the protocol's endpoints, so that it cannot crowd the others out.

Counted after a client has shown who it is: nobody can use up another's share. Where a client is only named,
each network has its own share. Each process counts for itself; what strangers send is limited by address,
at the gateway.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from chassis.problems import Problem

_MOST = 20_000  # clients remembered; who is forgotten, the longest unused first, starts afresh


class Pace:
    """A bucket for each client: ``burst`` requests at once, ``rate`` a second sustained."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[tuple[UUID, str], tuple[float, float]] = OrderedDict()

    def take(self, client_id: UUID, network: str = "") -> None:
        """Count one request. Raises Problem 429 that says when to come again."""
        now, whose = self._clock(), (client_id, network)
        level, at = self._buckets.pop(whose, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        allowed = level >= 1
        self._buckets[whose] = (level - 1 if allowed else level, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = max(1, round((1 - level) / self._rate))
            detail = (
                f"The client sends too many requests. Try again in {wait} s, and keep tokens while they last."
            )
            raise Problem(429, "temporarily_unavailable", detail, headers={"Retry-After": str(wait)})
