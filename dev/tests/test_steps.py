import asyncio

import pytest

from dev import steps
from dev.steps import Step


def ignore(_name, _seconds):
    pass


async def test_a_step_begins_when_the_steps_before_it_have_ended():
    order = []

    def step(name, *after):
        async def work():
            order.append(name)
            await asyncio.sleep(0)

        return Step(name, work, after)

    await steps.run([step("c", "a", "b"), step("b", "a"), step("a")], ignore)
    assert order == ["a", "b", "c"]


async def test_independent_steps_run_at_the_same_time():
    meeting = asyncio.Barrier(2)

    async def work():
        async with asyncio.timeout(2):
            await meeting.wait()

    await steps.run([Step("one", work), Step("two", work)], ignore)


async def test_the_first_error_is_raised_and_the_others_are_cancelled():
    cancelled = asyncio.Event()

    async def fails():
        raise ValueError("the first")

    async def lasts():
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    with pytest.raises(ValueError, match="the first"):
        await steps.run([Step("lasts", lasts), Step("fails", fails)], ignore)
    assert cancelled.is_set()


async def test_the_beginning_and_the_end_of_a_step_are_reported():
    reports = []

    async def work():
        pass

    await steps.run([Step("one", work)], lambda name, seconds: reports.append((name, seconds is None)))
    assert reports == [("one", True), ("one", False)]
