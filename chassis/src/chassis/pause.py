"""The pause of what cannot go on: a metric says since when, and one log line a minute says why."""

import asyncio
import logging
import time

from prometheus_client import Gauge

log = logging.getLogger(__name__)

_FIRST_DELAY = 0.1  # seconds before the next try, doubled each time
_LONGEST_DELAY = 1.0
_LOG_INTERVAL = 60.0


class Pause:
    """Counts the tries of what cannot go on, from the first failure to the next success."""

    def __init__(self, name: str, paused_since: Gauge) -> None:
        self._name = name
        self._gauge = paused_since
        self._gauge.set(0)
        self._started: float | None = None
        self._logged = float("-inf")
        self._delay = _FIRST_DELAY

    async def wait(self, reason: str) -> None:
        """Wait before the next try."""
        now = time.monotonic()
        if self._started is None:
            self._started = now
            self._gauge.set_to_current_time()
        if now - self._logged >= _LOG_INTERVAL:
            self._logged = now
            log.error("%s: paused for %.0f s: %s", self._name, now - self._started, reason)
        delay, self._delay = self._delay, min(self._delay * 2, _LONGEST_DELAY)
        await asyncio.sleep(delay)

    def end(self) -> None:
        """Note a success."""
        if self._started is None:
            return
        log.warning("%s: goes on after %.1f s", self._name, time.monotonic() - self._started)
        self._gauge.set(0)
        self._started, self._logged, self._delay = None, float("-inf"), _FIRST_DELAY
