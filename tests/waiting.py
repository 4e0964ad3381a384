"""Waits for the effects of events."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(check: Callable[[], T], *, within: float = 5.0, every: float = 0.03) -> T:
    """Call ``check`` until its result is true, and return it. AssertionError after ``within`` seconds."""
    end = time.monotonic() + within
    while True:
        if result := check():
            return result
        assert time.monotonic() < end, f"not within {within} s"
        time.sleep(every)
