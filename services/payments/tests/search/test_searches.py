"""Searches equal a brute-force list, and the counts are exact, whatever happens in between."""

import asyncio
from datetime import date, timedelta
from unittest.mock import ANY, patch

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.commands import ExitCode
from chassis.problems import Problem
from payments.payments.rules.states import PUBLIC, Status
from payments.search.actions import searches
from payments.search.actions.counts import correct_counts
from payments.search.rules import count_pages
from payments.search.schemas import PaymentSearch, RefundSearch
from payments.search.store import counts
from services.payments.tests.search.search_world import MIDNIGHT, World

MINUTES = st.sampled_from([-1441, -1440, -1, 0, 1, 600, 1439, 1440, 1441, 4000])
REFERENCES = st.sampled_from(["A-1", "a-1", "B_2", "B%2"])
EMAILS = st.sampled_from(
    ["ann@x.example", "ANN@Y.example", "bob_1@x.example", "bobb1@x.example", '"a@b"@x.example', None]
)
PARTS = ["ann", "@x.exa", "B_1", "%", "\\", "zzz", "n@", "b_1@X.ex", "a@b", "b@x", "@"]
DAYS = st.sampled_from([date(2026, 4, 1), date(2026, 4, 2), None])
CREATES = st.fixed_dictionaries(
    {
        "minutes": MINUTES,
        "reference": REFERENCES,
        "email": EMAILS,
        "card_brand": st.sampled_from(["visa", "Amex", None]),
        "last_digits": st.sampled_from(["4242", "0002", None]),
        "settled_on": DAYS,
    }
)
STEPS = st.lists(
    st.one_of(CREATES, st.tuples(st.integers(0, 9), st.sampled_from(Status)), st.integers(1, 5)),
    min_size=1,
    max_size=14,
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "reference": REFERENCES,
        "state": st.sampled_from(sorted({state.status for state in PUBLIC.values()})),
        "email": st.sampled_from(
            ["ann", "@x.exa", "B_1", "%", "\\", "zzz", "n@", "b_1@X.ex", "a@b", "b@x", "@"]
        ),
        "card_brand": st.sampled_from(["VISA", "amex"]),
        "last_digits_card_number": st.sampled_from(["4242", "0002"]),
        "from_date": MINUTES.map(lambda minutes: (MIDNIGHT + timedelta(minutes=minutes)).isoformat()),
        "to_date": MINUTES.map(lambda minutes: (MIDNIGHT + timedelta(minutes=minutes)).isoformat()),
        "from_settled_date": DAYS.filter(bool).map(str),
        "to_settled_date": DAYS.filter(bool).map(str),
        "page": st.integers(1, 4).map(str),
        "display_size": st.integers(1, 6).map(str),
    },
)


async def run(world, query):
    """Run a search; return total, ids of the page, and whether it is truncated."""
    try:
        results = await searches.search_payments(world.session, world.council, world.caller, query)
    except Problem as problem:
        return problem.status_code
    return results.total, [row.id for row in results.rows], results.is_truncated


def bounds(most, sampled, common):
    """Have searches look at few rows."""
    return patch.multiple(searches, MOST=most, SAMPLED=sampled, COMMON=common)


async def take(world, step):
    """Create a payment, move one, or fold some changes of the counts."""
    match step:
        case dict():
            await world.create(**step)
        case int():
            await counts.fold_counts(world.session, world.council, step)
        case number, status:
            await world.move(number, status)


@profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.lists(QUERIES, min_size=1, max_size=6))
async def test_any_search_equals_a_brute_force_list(session, steps, queries):
    world = await World(session).open()
    for step in steps:
        await take(world, step)
    assert await counts.correct_counts(session, world.council) == 0
    for parameters in queries:
        query = PaymentSearch(**parameters)
        ids, size = world.search(query), query.display_size
        page = ids[query.offset : query.offset + size]
        expected = 404 if query.page > count_pages(len(ids), size) else (len(ids), page, False)
        assert await run(world, query) == expected, parameters


@profile(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CREATES, min_size=8, max_size=12), QUERIES)
async def test_a_search_that_looks_at_few_rows_says_so_or_is_whole(session, creates, parameters):
    """With bounds of six rows, and two that make a part common."""
    world = await World(session).open()
    for members in creates:
        await world.create(**members)
    query = PaymentSearch(**{**parameters, "page": "1", "display_size": "500"})
    with bounds(6, 4, 2):
        total, results, is_truncated = await run(world, query)
    ids = world.search(query)
    assert total == len(results)
    if is_truncated:
        assert results == [each for each in ids if each in set(results)]
    else:
        assert results == ids


async def test_a_rare_part_is_found_however_old_it_is(session):
    world = await World(session).open()
    oldest = await world.create(-5000, email="rare.bird@x.example")
    for minutes in range(12):
        await world.create(minutes, email=f"common{minutes}@x.example")
    with bounds(6, 4, 2):
        assert await run(world, PaymentSearch(email="Rare.B")) == (1, [oldest], False)
        total, _, is_truncated = await run(world, PaymentSearch(email="common"))
        assert (total, is_truncated) == (7, True)
        assert (await run(world, PaymentSearch(email=".b")))[2]  # no three letters that an index knows


@pytest.mark.parametrize("part", ["rare.bird@x.ex", "D@X", '"a@b', 'b"@y', "a@b"])
async def test_what_is_before_an_at_sign_is_found_however_old_it_is(session, part):
    world = await World(session).open()
    bird = await world.create(-5000, email="Rare.Bird@x.example")
    quoted = await world.create(-4000, email='"a@b"@y.example')
    for minutes in range(12):
        await world.create(minutes, email=f"common{minutes}@z.example")
    with bounds(6, 4, 2):
        expected = bird if "x" in part.lower() else quoted
        assert await run(world, PaymentSearch(email=part)) == (1, [expected], False)


@pytest.mark.parametrize("part", ["common", "n@"])
async def test_a_part_that_was_common_once_is_looked_for_in_the_newest(session, part):
    """The sample does not show it, and the index lists more than a search looks at."""
    world = await World(session).open()
    for minutes in range(8):
        await world.create(minutes, email="common@x.example")
    newest = await world.create(10, email="common@x.example")
    for minutes in range(11, 16):
        await world.create(minutes, email=f"{minutes}@y.example")
    with bounds(6, 4, 2):
        assert await run(world, PaymentSearch(email=part)) == (2, [newest, ANY], True)


async def test_counts_are_rebuilt_from_the_rows(session):
    world = await World(session).open()
    for minutes in (0, 1, 1500):
        await world.create(minutes)
    await world.refund(0, 10)
    await counts.fold_counts(session, world.council, 1_000)
    await session.execute(text("UPDATE daily_count SET number = number + 7 WHERE account = :a"), of(world))
    await session.execute(text("DELETE FROM daily_count WHERE day = '2026-03-31'"))
    assert (await run(world, PaymentSearch()))[0] != 3
    assert await counts.correct_counts(session, world.council) >= 2
    assert (await run(world, PaymentSearch()))[0] == 3
    await session.execute(text("DELETE FROM refund WHERE account = :a"), of(world))
    assert await counts.correct_counts(session, world.council) == 0  # a deleted row is counted off


def of(world):
    return {"a": world.account}


async def test_a_council_whose_rows_become_anothers_keeps_its_counts(session):
    world = await World(session).open()
    for minutes in (0, 1, 2, 3):
        await world.create(minutes, email="ann@x.example")
    await counts.fold_counts(session, world.council, 3)
    await world.move(1, Status.EXPIRED)
    await session.set_all_councils()
    await session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    for table in ("gateway_account", "payment", "payer", "daily_count", "daily_count_change"):
        where = "id" if table == "gateway_account" else "account"
        rekey = text(f"UPDATE {table} SET council = 'merged' WHERE {where} = :a")
        await session.execute(rekey, of(world))
    await session.execute(text("UPDATE account_client SET council = 'merged' WHERE account = :a"), of(world))
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    world.council = "merged"
    await session.set_council("merged")
    assert await counts.correct_counts(session, "merged") == 0
    assert (await run(world, PaymentSearch(state="failed")))[0] == 1
    assert (await run(world, PaymentSearch(email="ann@")))[0] == 4


async def test_total_and_page_are_of_one_moment_while_payments_come_and_counts_are_folded(database):
    async with database.writing("citytown") as session:
        world = await World(session).open()
    done = asyncio.Event()

    async def write(number):
        for minutes in range(12):
            async with database.writing("citytown") as session:
                writer_world = World(session, account=world.account)
                await writer_world.create(minutes + number)
                await writer_world.move(0, Status.STARTED)

    async def fold():
        while not done.is_set():
            async with database.writing("citytown") as session:
                await counts.fold_counts(session, "citytown", 7)
                assert await counts.correct_counts(session, "citytown") == 0

    async def read():
        while not done.is_set():
            async with database.reading("citytown") as session:
                reader = World(session, account=world.account)
                for query in (PaymentSearch(), PaymentSearch(state="started")):
                    total, ids, _ = await run(reader, query)
                    assert total == len(ids)

    others = asyncio.gather(fold(), fold(), read())
    await asyncio.gather(*map(write, range(4)))
    done.set()
    await others
    async with database.writing("citytown") as session:
        assert await counts.correct_counts(session, "citytown") == 0
        total, _, _ = await run(World(session, account=world.account), PaymentSearch())
    assert total == 48


async def test_changes_of_the_counts_are_folded_by_the_schedule(database, run_jobs):
    async with database.writing("citytown") as session:
        world = await World(session).open()
        await world.create()
        await world.move(0, Status.EXPIRED)
    await run_jobs(after=timedelta(seconds=31))
    async with database.reading("citytown") as session:
        assert await session.scalar(text("SELECT count(*) FROM daily_count_change")) == 0
        folded = await session.all(
            text("SELECT state, number FROM daily_count WHERE account = :a ORDER BY 1"), of(world)
        )
        assert folded == [("created", 0), ("failed", 1)]
        assert (await run(World(session, account=world.account), PaymentSearch()))[0] == 1


async def test_refunds_are_counted_by_day(session):
    world = await World(session).open()
    await world.create()
    for minutes in (1, 2, 1500):
        await world.refund(0, minutes)
    query = RefundSearch(to_date="2026-03-31T00:00:00Z", display_size="1", page="2")
    results = await searches.search_refunds(session, world.council, world.caller, query)
    assert (results.total, len(results.rows)) == (2, 1)


@pytest.fixture(scope="module")
async def crowd(database, database_url):
    """An account with 2,000 payments, each of another payer, and fresh statistics."""
    async with database.writing("citytown") as session:
        world = await World(session).open()
        await session.execute(_MANY, {"council": world.council, "account": world.account})
        await session.execute(_MANY_PAYERS, {"account": world.account})
    owner = await asyncpg.connect(database_url.replace("//payments:", "//payments_owner:"))
    await owner.execute("ANALYZE payment, payer")
    await owner.close()
    return world.account


@pytest.mark.parametrize(
    ("parameters", "index"),
    [
        ({}, "ix_payment_created"),
        ({"from_date": "2026-03-31T00:00:00Z"}, "ix_payment_created"),
        ({"state": "created"}, "ix_payment_state"),
        ({"reference": "r7"}, "ix_payment_reference"),
        ({"last_digits_card_number": "0007"}, "ix_payer_last_digits"),
        ({"from_settled_date": "2026-04-01"}, "ix_payment_settled"),
        ({"email": "person77"}, "ix_payer_parts"),
        ({"email": "N77@x"}, "ix_payer_mailbox"),
    ],
)
async def test_a_search_goes_by_the_index_of_its_filter(session, crowd, parameters, index):
    """Under row-level security PostgreSQL uses no index for a condition whose functions may leak."""
    world = World(session, account=crowd)
    await session.execute(text("SET LOCAL enable_seqscan = off"))
    before = await session.scalar(_SCANS, {"index": index})
    with bounds(100, 50, 1):
        await run(world, PaymentSearch(**parameters))
    assert await session.scalar(_SCANS, {"index": index}) > before


@pytest.mark.parametrize(
    "parameters",
    [{}, {"page": "2"}, {"reference": "R7", "state": "created"}, {"email": "person1", "card_brand": "visa"}],
)
async def test_a_search_takes_two_statements_whatever_it_finds(session, crowd, parameters):
    world, statements = World(session, account=crowd), []
    for name in ("all", "first", "scalar"):
        method = getattr(session, name)
        setattr(session, name, lambda *args, method=method: statements.append(args) or method(*args))
    await run(world, PaymentSearch(**parameters))
    assert len(statements) == 2  # the account, the search


_SCANS = text("SELECT pg_stat_get_xact_numscans(CAST(CAST(:index AS text) AS regclass))")
_MANY = text("""INSERT INTO payment (council, id, account, mode, processor, status, amount, surcharge,
        reference, description, language, delayed_capture, moto, authorisation_mode, visits, refunded,
        refunds_blocked, created_by, version, created_at, expires_at, settled_on)
    SELECT :council, gen_random_uuid(), :account, 'sandbox', 'sandbox', 'created', 100, 0, 'R' || n, 'd',
        'en', false, false, 'web', 0, 0, false, '{}', 1, at, at, date '2026-01-01' + n / 20
    FROM generate_series(1, 2000) n
        CROSS JOIN LATERAL (SELECT timestamptz '2026-03-01' + n * interval '1 hour' AS at)""")
_MANY_PAYERS = text("""INSERT INTO payer (council, payment, account, created_at, email, last_digits)
    SELECT council, id, account, created_at, 'person' || substr(reference, 2) || '@x.example',
        lpad(substr(reference, 2), 4, '0')
    FROM payment WHERE account = :account""")


async def test_the_command_counts_a_councils_payments_anew(database, settings, crowd):
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE daily_count SET number = 0"))
        await session.execute(text("DELETE FROM daily_count_change"))
    assert await correct_counts(settings, ["--council", "citytown"]) == ExitCode.DONE
    async with database.reading("citytown") as session:
        assert (await run(World(session, account=crowd), PaymentSearch()))[0] == 2_000
