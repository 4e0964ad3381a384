import asyncio

import pytest

from dev import steps
from dev.steps import Step


def quiet(_name, _seconds):
    pass


async def test_a_step_begins_when_what_it_waits_for_is_done():
    order = []

    def step(name, *after):
        async def work():
            order.append(name)
            await asyncio.sleep(0)

        return Step(name, work, after)

    await steps.run([step("c", "a", "b"), step("b", "a"), step("a")], quiet)
    assert order == ["a", "b", "c"]


async def test_independent_steps_run_at_the_same_time():
    meeting = asyncio.Barrier(2)

    async def work():
        async with asyncio.timeout(2):
            await meeting.wait()

    await steps.run([Step("one", work), Step("two", work)], quiet)


async def test_the_first_error_is_raised_and_the_rest_is_stopped():
    stopped = asyncio.Event()

    async def fails():
        raise ValueError("the first")

    async def lasts():
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    with pytest.raises(ValueError, match="the first"):
        await steps.run([Step("lasts", lasts), Step("fails", fails)], quiet)
    assert stopped.is_set()


async def test_the_beginning_and_the_end_of_a_step_are_told():
    told = []

    async def work():
        pass

    await steps.run([Step("one", work)], lambda name, seconds: told.append((name, seconds is None)))
    assert told == [("one", True), ("one", False)]
