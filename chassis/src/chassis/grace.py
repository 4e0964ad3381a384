"""What a worker began before it was told to stop is finished, for a bounded time."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def finish(work: Coroutine[Any, Any, None], grace: float) -> None:
    """Run work to its end, also when this task is cancelled meanwhile; after ``grace`` seconds cancel it."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=grace)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
