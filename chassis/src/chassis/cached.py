"""A measurement that many ask for and one makes: at most every so many seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    """The result of ``measure``, remembered for ``seconds``.

    Whoever asks while it is measured waits for at most ``patience`` seconds and then gets the last result, if
    there is one: a slow database must not make the answer slow. ``measure`` bounds its own time.
    """

    def __init__(self, measure: Callable[[], Awaitable[T]], seconds: float, patience: float) -> None:
        self._measure = measure
        self._seconds = seconds
        self._patience = patience
        self._last: tuple[T, float] | None = None
        self._running: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return the result. Raises what ``measure`` raises."""
        if self._last is not None and time.monotonic() - self._last[1] < self._seconds:
            return self._last[0]
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._refresh())
        running = self._running
        await asyncio.wait([running], timeout=self._patience if self._last else None)
        if self._last is None or running.done():
            return running.result()
        return self._last[0]

    async def close(self) -> None:
        """Stop a measurement that runs."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _refresh(self) -> T:
        result = await self._measure()
        self._last = (result, time.monotonic())
        return result
