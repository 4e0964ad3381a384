"""Signs of life of the worker's loops: a loop that has turned and then stands still is hung."""

import asyncio
import time
from weakref import WeakKeyDictionary

MOST_SILENCE = 120.0
"""Seconds. A turn takes a tenth of it at worst, as statements and acknowledgements time out in 10 s."""

_beats: WeakKeyDictionary[asyncio.Task[object], float] = WeakKeyDictionary()  # monotonic seconds


def beat() -> None:
    """Note that the current task's loop turns. From the first beat on it is watched.

    Raises CancelledError in a task that was cancelled and runs on: ``asyncio.wait_for`` of Python 3.11 loses
    a cancellation that comes in the moment of its result, and the worker would never stop.
    """
    if (task := asyncio.current_task()) is not None:
        if task.cancelling():
            raise asyncio.CancelledError
        _beats[task] = time.monotonic()


def stop_watching() -> None:
    """Watch the current task no more, until it beats again: it has failed and is started again."""
    if (task := asyncio.current_task()) is not None:
        _beats.pop(task, None)


def list_hung() -> list[str]:
    """List the names of tasks that have been silent for too long."""
    now = time.monotonic()
    return sorted(
        task.get_name() for task, at in _beats.items() if now - at > MOST_SILENCE and not task.done()
    )
