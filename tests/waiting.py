"""Waiting for what happens by events."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(check: Callable[[], T], *, within: float = 5.0, every: float = 0.03) -> T:
    """Ask until the answer is true; that answer. AssertionError when it is not in time."""
    end = time.monotonic() + within
    while True:
        if found := check():
            return found
        assert time.monotonic() < end, f"not within {within} s"
        time.sleep(every)
