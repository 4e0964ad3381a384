"""Limits that PostgreSQL counts, exact over all replicas."""

import asyncio

import pytest
from sqlalchemy import text

from chassis import housekeeping, ids
from chassis.problems import Problem
from chassis.rates import Limit, LocalLimiter, SharedLimiter
from chassis.rates.shared import purge

START = 1_800_000_000.0
GUESSES = Limit(3, 600, "guesses")
FROM_NETWORK = Limit(5, 600, "guesses-from-network")
KEY = b"k" * 32


@pytest.fixture
def limiter():
    return SharedLimiter(KEY)


@pytest.fixture
def at(set_clock):
    set_clock(START)
    return lambda seconds: set_clock(START + seconds)


@pytest.fixture
def take(database, limiter):
    """``await take((limit, subject), ...)`` in a transaction of its own."""

    async def take_once(*attempts):
        async with database.writing() as session:
            return await limiter.take(session, *attempts)

    return take_once


@pytest.fixture
async def list_rows(database):
    async def list_all():
        async with database.reading() as session:
            return await session.all(text("SELECT * FROM rate_limit ORDER BY key"))

    async with database.writing() as session:
        await session.execute(text("DELETE FROM rate_limit"))
    return list_all


def new_subject():
    return ids.show(ids.new())


async def count_allowed(take, *attempts, tries=10):
    return [await take(*attempts) for _ in range(tries)].count(None)


async def test_a_burst_is_allowed_and_then_one_at_a_time(take, at):
    attempt = (GUESSES, new_subject())
    assert await count_allowed(take, attempt) == 3
    at(199.9)
    assert await count_allowed(take, attempt) == 0
    at(200)
    assert await count_allowed(take, attempt) == 1
    at(86_400)
    assert await count_allowed(take, attempt) == 3


async def test_a_refusal_says_the_limit_and_the_very_moment_of_the_next(take, at):
    attempt = (GUESSES, new_subject())
    await count_allowed(take, attempt, tries=3)
    at(50)
    refusal = await take(attempt)
    assert (refusal.limit, refusal.retry_at.timestamp()) == (GUESSES, START + 200)
    assert refusal.to_problem().headers == {
        "Retry-After": "150",
        "RateLimit-Policy": '"guesses";q=3;w=600',
        "RateLimit": '"guesses";r=0;t=150',
    }
    at(199)
    assert await take(attempt) is not None
    at(200)
    assert await take(attempt) is None


@pytest.mark.parametrize("limit", [Limit(10, 3_600, "race"), Limit(1, 60, "race"), Limit(7, 1, "race")])
async def test_of_a_hundred_at_once_exactly_the_quota_passes(database, at, limit):
    """Two limiters, as two replicas have them; each attempt is a transaction of its own."""
    replicas, subject = (SharedLimiter(KEY), SharedLimiter(KEY)), new_subject()

    async def attempt(number):
        try:
            await replicas[number % 2].require(
                database, (limit, subject), (FROM_NETWORK, f"{subject}{number}")
            )
        except Problem as problem:
            return problem.status_code
        return 200

    results = await asyncio.gather(*(attempt(number) for number in range(100)))
    assert (results.count(200), results.count(429)) == (limit.quota, 100 - limit.quota)


async def test_a_refused_attempt_counts_under_no_limit(take, at):
    """Or one network could use up the limits of every account after its own limit is reached."""
    network, victim = new_subject(), new_subject()
    for _ in range(5):
        assert await take((FROM_NETWORK, network), (GUESSES, new_subject())) is None
    for _ in range(20):
        refusal = await take((FROM_NETWORK, network), (GUESSES, victim))
        assert refusal.limit == FROM_NETWORK
    assert await count_allowed(take, (GUESSES, victim)) == 3


async def test_the_refusal_that_lasts_longest_is_returned(take, at):
    day, subject = Limit(3, 86_400, "guesses-a-day"), new_subject()
    assert await count_allowed(take, (GUESSES, subject), (day, subject)) == 3
    assert (await take((GUESSES, subject), (day, subject))).limit == day


async def test_concurrent_attempts_under_limits_in_any_order_do_not_deadlock(take, at):
    subjects = [new_subject() for _ in range(4)]
    attempts = [[(FROM_NETWORK, subject) for subject in order] for order in (subjects, subjects[::-1])]
    results = await asyncio.gather(*(take(*attempts[number % 2]) for number in range(40)))
    assert results.count(None) == FROM_NETWORK.quota


async def test_an_attempt_in_a_transaction_that_fails_is_not_counted_but_a_required_one_is(
    database, limiter, at
):
    attempt, failed = (GUESSES, new_subject()), RuntimeError("wrong code")

    async def fail_after(counting):
        with pytest.raises(RuntimeError):
            async with database.writing() as session:
                await counting(session)
                raise failed

    for _ in range(5):
        await fail_after(lambda session: limiter.take(session, attempt))
    for _ in range(3):
        await limiter.require(database, attempt)
    with pytest.raises(Problem, match="guesses"):
        await limiter.require(database, attempt)


async def test_a_clock_that_is_set_back_costs_a_window_at_most(take, at):
    attempt = (GUESSES, new_subject())
    assert await count_allowed(take, attempt) == 3
    at(-600)
    assert (await take(attempt)).retry_at.timestamp() == START + 200
    at(-86_400)
    assert await count_allowed(take, attempt) == 1
    at(-86_400 + 199)
    assert await take(attempt) is not None
    at(-86_400 + 200)
    assert await take(attempt) is None
    at(-86_400 + 800)
    assert await count_allowed(take, attempt) == 3


async def test_clocks_of_replicas_that_differ_allow_no_more(take, at):
    attempt, allowed = (GUESSES, new_subject()), 0
    for second in range(0, 1_200, 20):
        at(second + (30 if second % 40 else 0))
        allowed += await count_allowed(take, attempt, tries=2)
    assert allowed <= 3 + (1_200 + 30) // 200


async def test_both_limiters_allow_the_same(take, at):
    limit, subject = Limit(4, 30, "both"), new_subject()
    local = LocalLimiter(limit)
    for seconds in (
        0,
        0,
        1,
        2,
        2,
        3,
        7,
        8,
        15,
        15.5,
        15.6,
        30,
        29,
        31,
        31,
        60,
        60,
        60,
        60,
        60,
        61,
        40,
        -100,
        -100,
        -99,
        -92,
    ):
        at(seconds)
        try:
            local.take(subject)
            allowed = True
        except Problem:
            allowed = False
        assert (await take((limit, subject)) is None) == allowed, seconds


async def test_the_table_has_no_name_and_without_the_key_nothing_can_be_found(take, at, list_rows):
    number = "+447700900123"
    await take((GUESSES, number), (FROM_NETWORK, "192.0.2.1"))
    rows = await list_rows()
    assert len(rows) == 2
    assert number not in str(rows)
    keys = {row.key for row in rows}
    assert SharedLimiter(KEY).hash_subject(GUESSES, number) in keys
    assert SharedLimiter(b"x" * 32).hash_subject(GUESSES, number) not in keys


def test_a_key_that_could_be_guessed_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        SharedLimiter(b"secret")


async def test_a_purge_deletes_what_counts_nothing_any_more_a_batch_at_a_time(database, take, at, list_rows):
    counted = (GUESSES, new_subject())
    await take(counted)
    async with database.writing() as session:
        await session.execute(
            text("""INSERT INTO rate_limit SELECT sha256(n::text::bytea), to_timestamp(:at)
                FROM generate_series(1, 5001) AS n"""),
            {"at": START},
        )
    at(1)
    (of_worker,) = (purge for purge in housekeeping.PURGES if purge.kind == "platform.purge_rate_limits")
    deleted = []
    for _ in range(2):
        async with database.writing() as session:
            deleted.append(await of_worker.delete_batch(session, of_worker.most))
    assert deleted == [5_000, 1]
    assert len(await list_rows()) == 1
    assert await count_allowed(take, counted) == 2


async def test_a_purge_waits_for_nobody(database, take, limiter, at, list_rows):
    attempt = (GUESSES, new_subject())
    await take(attempt)
    at(86_400)
    async with database.writing() as session:
        await limiter.take(session, attempt)  # its row is locked
        async with database.writing() as purging:
            assert await asyncio.wait_for(purge(purging, 10), 5) == 0
    assert await count_allowed(take, attempt) == 2
