"""Limits as settings, and limits that a process counts in its memory."""

import asyncio
import tracemalloc

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from chassis import ids
from chassis.problems import Problem
from chassis.rates import (
    ConcurrencyLimiter,
    GuessLimitSetting,
    Limit,
    LimitSetting,
    LocalLimiter,
    limit_setting,
    subscriber_network,
)
from chassis.rates.limits import parse

START = 1_800_000_000.0
CALLS = Limit(3, 6, "calls")


class Settings(BaseSettings, env_prefix="SHOP_"):
    limit_calls_of_key: LimitSetting = limit_setting("100/s", "Calls of an API key")
    limit_cards_of_page: GuessLimitSetting = limit_setting("5/h", "Cards tried on a page")


@pytest.fixture
def at(set_clock):
    """``at(2)``: it is two seconds after the start."""
    set_clock(START)
    return lambda seconds: set_clock(START + seconds)


def count_allowed(limiter, *subject, tries=10):
    for count in range(tries):
        try:
            limiter.take(*subject)
        except Problem:
            return count
    return tries


@pytest.mark.parametrize(
    ("text", "quota", "window"),
    [("6/h", 6, 3_600), ("10/15min", 10, 900), ("1000/10s", 1_000, 10), (" 1/31d ", 1, 31 * 86_400)],
)
def test_a_limit_is_written_as_a_quota_and_a_window(text, quota, window):
    limit = parse(text)
    assert (limit.quota, limit.window) == (quota, window)
    assert str(limit) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["", "6", "6/", "/h", "0/h", "-1/h", "1.5/h", "6/0h", "6/32d", "1000001/s", "6/week", "6/h;", "6/٣h"],
)
def test_a_limit_out_of_range_is_refused(text):
    with pytest.raises(ValueError, match=r"limit such as|must be from"):
        parse(text)


def test_a_limit_is_named_by_its_setting(monkeypatch):
    monkeypatch.setenv("SHOP_LIMIT_CARDS_OF_PAGE", "7/30min")
    settings = Settings()
    assert settings.limit_calls_of_key == Limit(100, 1, "calls-of-key")
    assert settings.limit_cards_of_page == Limit(7, 1_800, "cards-of-page")


@pytest.mark.parametrize("value", ["100/s", "101/d", "7/min", "six an hour"])
def test_a_service_does_not_start_with_a_limit_by_which_secrets_could_be_guessed(monkeypatch, value):
    monkeypatch.setenv("SHOP_LIMIT_CARDS_OF_PAGE", value)
    with pytest.raises(ValidationError, match="limit_cards_of_page"):
        Settings()


def test_a_burst_is_allowed_and_then_the_pace(at):
    limiter = LocalLimiter(CALLS)
    assert count_allowed(limiter, "a") == 3
    at(1.9)
    assert count_allowed(limiter, "a") == 0
    at(2)
    assert count_allowed(limiter, "a") == 1
    at(3_600)
    assert count_allowed(limiter, "a") == 3


def test_over_a_long_time_the_quota_passes_in_each_window(at):
    limiter, allowed = LocalLimiter(CALLS), 0
    for tenth in range(600):  # a minute: ten windows
        at(tenth / 10)
        allowed += count_allowed(limiter, "a")
    assert allowed == 3 + 29  # the burst, and one every two seconds


@pytest.mark.parametrize("quota", [1, 7, 1_000, 99_999])
def test_exactly_the_quota_passes_at_once(at, quota):
    assert count_allowed(LocalLimiter(Limit(quota, 10, "calls")), "a", tries=quota + 5) == quota


def test_the_answer_says_which_limit_was_reached_and_when_to_come_again(at):
    limiter = LocalLimiter(CALLS)
    count_allowed(limiter, "a")
    with pytest.raises(Problem) as refused:
        limiter.take("a")
    assert (refused.value.status_code, refused.value.code) == (429, "too-many-requests")
    assert refused.value.detail == "You have reached the limit calls, 3/6s. Try again in 2 s."
    assert refused.value.headers == {
        "Retry-After": "2",
        "RateLimit-Policy": '"calls";q=3;w=6',
        "RateLimit": '"calls";r=0;t=2',
    }
    at(2)
    limiter.take("a")  # it was true


def test_one_subject_uses_up_nothing_of_anothers(at):
    limiter = LocalLimiter(CALLS)
    subjects = [("key",), ("key", "192.0.2.1"), ("key", "192.0.2.2"), (ids.new(),)]
    assert [count_allowed(limiter, *subject) for subject in subjects] == [3] * 4


def test_a_clock_that_is_set_back_costs_a_window_at_most(at):
    limiter = LocalLimiter(CALLS)
    count_allowed(limiter, "a")
    at(-6)
    assert count_allowed(limiter, "a") == 0
    at(2)
    assert count_allowed(limiter, "a") == 1
    at(-86_400)
    assert count_allowed(limiter, "a") == 1
    at(-86_400 + 2)
    assert count_allowed(limiter, "a") == 1
    at(-86_400 + 8)
    assert count_allowed(limiter, "a") == 3


@pytest.mark.parametrize(("replicas", "each"), [(2, 5), (3, 3), (20, 1)])
def test_replicas_divide_a_limit(at, replicas, each):
    limiters = [LocalLimiter(Limit(10, 10, "calls"), replicas=replicas) for _ in range(replicas)]
    assert [count_allowed(limiter, "a") for limiter in limiters] == [each] * replicas
    allowed = 0
    for second in range(1, 101):
        at(second)
        allowed += sum(count_allowed(limiter, "a") for limiter in limiters)
    assert allowed == pytest.approx(100, abs=replicas)  # one a second, of all together


def test_a_million_addresses_take_bounded_memory(at):
    limiter = LocalLimiter(CALLS, max_subjects=1_000)
    tracemalloc.start()
    for number in range(20_000):
        limiter.take("public-client", f"2001:db8:{number:x}::/64")
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(limiter) == 1_000
    assert size < 600_000


def test_strangers_who_fill_the_memory_lock_nobody_out(at):
    """A subject that is forgotten begins afresh, and one that goes on asking is not forgotten."""
    limiter = LocalLimiter(CALLS, max_subjects=100)
    assert count_allowed(limiter, "pest") == 3
    limiter.take("victim")
    for number in range(10_000):
        limiter.take(f"stranger {number}")
        if number % 50 == 0:
            assert count_allowed(limiter, "pest") == 0
    assert count_allowed(limiter, "victim") == 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("x" * 100_000, "unknown"),
    ],
)
def test_a_network_is_what_one_subscriber_has(address, network):
    assert subscriber_network(address) == network


async def test_so_many_are_worked_on_at_once_and_so_many_wait():
    limiter, subject, working, most = ConcurrencyLimiter(2, 3), ids.new(), 0, 0

    async def work():
        nonlocal working, most
        async with limiter.hold(subject):
            working += 1
            most = max(most, working)
            await asyncio.sleep(0.01)
            working -= 1

    results = await asyncio.gather(*(work() for _ in range(10)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Problem)]
    assert (most, len(refused), {problem.status_code for problem in refused}) == (2, 5, {429})
    assert limiter._slots == {}, "nothing is remembered of who has gone"


async def test_who_gives_up_waiting_leaves_nothing_behind():
    limiter, subject = ConcurrencyLimiter(1, 5), ids.new()

    async def wait():
        async with limiter.hold(subject):
            pass

    async with limiter.hold(subject):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert limiter._slots == {}
    await asyncio.wait_for(wait(), 1)
