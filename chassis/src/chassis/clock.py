"""The time. Nothing else asks for it, so that a test can be on any day, in winter or in summer.

``time.monotonic`` measures how long something takes and is no matter of the clock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime


def _read_system() -> datetime:
    return datetime.now(UTC)


_read: Callable[[], datetime] = _read_system


def now() -> datetime:
    """Return this moment, in UTC."""
    return _read()


def today() -> date:
    """Return this day in UTC. Where a law speaks of days, take the day in the council's own zone."""
    return _read().date()


def unix_time() -> float:
    """Return this moment in seconds since 1970, as tokens count it."""
    return _read().timestamp()


@contextmanager
def reading(source: Callable[[], datetime]) -> Iterator[None]:
    """Take the time from ``source``, which returns moments in UTC, while the block runs: for tests."""
    global _read  # noqa: PLW0603 - the one clock of the process
    before, _read = _read, source
    try:
        yield
    finally:
        _read = before
