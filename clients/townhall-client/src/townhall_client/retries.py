"""When a request is sent again, and after how long: only where nothing can be done twice."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from townhall_client.problems import read_retry_after

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED = 429  # nothing was done
_LOST = frozenset({502, 503, 504})  # something may have been done


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long. ``deadline``: seconds for a call, all attempts and waits of it together."""

    attempts: int = 5
    deadline: float = 30.0
    first_wait: float = 0.2
    longest_wait: float = 5.0


class Retry:
    """The attempts of one call. Ask ``next_wait`` after each that failed."""

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        repeatable: bool,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._policy, self._repeatable, self._clock, self._chance = policy, repeatable, clock, chance
        self._end = clock() + policy.deadline
        self._attempt = 0

    @property
    def remaining(self) -> float:
        """Get the seconds that are left: the timeout of the next attempt."""
        return max(self._end - self._clock(), 0.001)

    def next_wait(self, outcome: httpx.Response | httpx.TransportError) -> float | None:
        """Return the seconds to wait before the next attempt; None when this outcome is the last."""
        self._attempt += 1
        if self._attempt >= self._policy.attempts or not self._may_repeat(outcome):
            return None
        # Full jitter: clients that failed together come back apart.
        limit = min(self._policy.first_wait * 2 ** (self._attempt - 1), self._policy.longest_wait)
        wait = limit * self._chance()
        if isinstance(outcome, httpx.Response):
            wait += read_retry_after(outcome) or 0.0
        return wait if self._clock() + wait < self._end else None

    def _may_repeat(self, outcome: httpx.Response | httpx.TransportError) -> bool:
        if isinstance(outcome, httpx.Response):
            is_refused = outcome.status_code == _REFUSED and read_retry_after(outcome) is not None
            return self._repeatable and (is_refused or outcome.status_code in _LOST)
        return self._repeatable or isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout)
