"""Steps of a start, each run as soon as the steps before it have ended."""

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


Report = Callable[[str, float | None], None]  # a step's name; None when it begins, else its seconds


async def run(steps: Sequence[Step], report: Report) -> None:
    """Run every step after those it names. The first error cancels the others and is raised."""
    ended = {step.name: asyncio.Event() for step in steps}

    async def run_step(step: Step) -> None:
        for name in step.after:
            await ended[name].wait()
        started = time.monotonic()
        report(step.name, None)
        await step.work()
        ended[step.name].set()
        report(step.name, time.monotonic() - started)

    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(run_step(step), name=step.name)
    except BaseExceptionGroup as errors:
        raise first_error(errors) from errors


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group; the others follow from it."""
    error = errors.exceptions[0]
    return first_error(error) if isinstance(error, BaseExceptionGroup) else error
