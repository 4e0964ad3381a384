"""Runs steps as early as what they wait for is done, several at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Some work with a name, and the names of the steps that come before it."""

    name: str
    work: Callable[[], Awaitable[None]]
    after: tuple[str, ...] = ()


Tell = Callable[[str, float | None], None]  # a step's name; None when it begins, else its seconds


async def run(steps: Sequence[Step], tell: Tell) -> None:
    """Run every step after those it names. The first error stops the rest and is raised."""
    done = {step.name: asyncio.Event() for step in steps}

    async def one(step: Step) -> None:
        for name in step.after:
            await done[name].wait()
        began = time.monotonic()
        tell(step.name, None)
        await step.work()
        done[step.name].set()
        tell(step.name, time.monotonic() - began)

    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(one(step), name=step.name)
    except BaseExceptionGroup as failures:
        raise first(failures) from failures


def first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group; the others are its consequences."""
    error = failures.exceptions[0]
    return first(error) if isinstance(error, BaseExceptionGroup) else error
