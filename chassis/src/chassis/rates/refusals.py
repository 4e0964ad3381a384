"""The one answer to whoever reaches a limit: 429 with ``Retry-After`` and the ``RateLimit`` headers."""

import math
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Counter

from chassis import clock
from chassis.problems import Problem
from chassis.rates.limits import Limit

CODE = "too-many-requests"
"""The gateway's refusals have the same."""
_REFUSALS = Counter("townhall_rate_limit_refusals_total", "Times that a limit was reached", ["limit"])


@dataclass(frozen=True, slots=True)
class Refusal:
    """A limit that was reached, and from when on there may be another."""

    limit: Limit
    retry_at: datetime

    def to_problem(self) -> Problem:
        """Make the Problem 429."""
        return refuse(self.limit, (self.retry_at - clock.now()).total_seconds())


def refuse(limit: Limit, wait: float) -> Problem:
    """Make the Problem 429 of a limit after which ``wait`` seconds must pass.

    The headers are those of draft-ietf-httpapi-ratelimit-headers, as the gateway writes them.
    """
    seconds = max(1, math.ceil(wait))
    detail = f"You have reached the limit {limit.name}, {limit}. Try again in {seconds} s."
    headers = {
        "Retry-After": str(seconds),
        "RateLimit-Policy": f'"{limit.name}";q={limit.quota};w={limit.window}',
        "RateLimit": f'"{limit.name}";r=0;t={seconds}',
    }
    return Problem(429, CODE, detail, headers=headers)


def count_refusal(limit: Limit) -> None:
    """Count a refusal in the metrics. A limit's name comes from the code, so there are few."""
    _REFUSALS.labels(limit.name).inc()
