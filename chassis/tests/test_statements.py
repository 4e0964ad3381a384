"""Constant statements go to the driver, and do what SQLAlchemy's own execution of them does."""

import asyncio
from contextlib import nullcontext
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    bindparam,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, StatementError
from sqlalchemy.types import DateTime

from chassis import ids, statements
from chassis.tables import ID

SAMPLE = Table(
    "sample",
    MetaData(),
    Column("id", ID, primary_key=True),
    Column("name", Text),
    Column("count", Integer),
    Column("day", Date),
    Column("at", DateTime(timezone=True)),
    Column("members", JSONB),
    Column("tags", ARRAY(Text)),
    Column("content", LargeBinary),
    Column("share", Numeric),
)
CREATE = """CREATE TEMPORARY TABLE sample (id uuid PRIMARY KEY, name text, count integer, day date,
    at timestamptz, members jsonb, tags text[], content bytea, share numeric) ON COMMIT DROP"""
EXACT = [column for column in SAMPLE.c if column.name != "share"]
ROW = {
    "id": UUID("01890000-0000-7000-8000-000000000001"),
    "name": "Ann",
    "count": 3,
    "day": date(2026, 4, 1),
    "at": datetime(2026, 4, 1, 12, tzinfo=UTC),
    "members": {"a": [1, None, "é"]},
    "tags": ["x", "y"],
    "content": b"\x00\xff",
}
PLAIN = [
    (select(*EXACT).where(SAMPLE.c.id == bindparam("id")), {"id": ROW["id"]}),
    (select(*EXACT).where(SAMPLE.c.count == 3).order_by(SAMPLE.c.name).limit(5), None),
    (text("SELECT * FROM sample WHERE name = :a OR CAST(:b AS text) IS NOT NULL"), {"a": "Ann", "b": None}),
    (text("SELECT count(*) FROM sample"), None),
    (update(SAMPLE).where(SAMPLE.c.count == bindparam("n")).values(members=bindparam("m")), {"n": 3, "m": 1}),
    (upsert(SAMPLE).on_conflict_do_nothing(), ROW),
    (insert(SAMPLE).inline(), {**ROW, "id": ids.new(), "members": None}),
]  # fmt: skip
OTHERS = [
    (select(SAMPLE.c.share), None),  # a decimal is made of it
    (select(SAMPLE.c.id, SAMPLE.c.id.label("again"), SAMPLE.c.name.label("id")), None),
    (select(SAMPLE.c.id).where(SAMPLE.c.name.in_(bindparam("names", expanding=True))), {"names": ["Ann"]}),
    (insert(SAMPLE).inline(), [{**ROW, "id": ids.new()}, {**ROW, "id": ids.new()}]),
    (update(SAMPLE).values(count=1).returning(SAMPLE.c.id), None),
]


@pytest.fixture
async def session(database):
    """Open a transaction with a table of every type."""
    async with database.writing("citytown") as session:
        await session.connection.exec_driver_sql(CREATE)
        await session.connection.execute(insert(SAMPLE), {**ROW, "share": Decimal("0.5")})
        yield session


async def execute_twice(session, statement, params):
    """Execute a statement twice; return the second result, in a savepoint of its own that is undone."""
    for _ in range(2):
        savepoint = await session.connection.begin_nested()
        result = await statements.execute(session.connection, statement, params)
        answer = (list(map(tuple, result.all())), result) if returns_rows(statement) else result.rowcount
        await savepoint.rollback()
    return answer


def returns_rows(statement):
    return not isinstance(statement, type(insert(SAMPLE)) | type(update(SAMPLE)))


@pytest.mark.parametrize(("statement", "params"), PLAIN, ids=range(len(PLAIN)))
async def test_a_constant_statement_gives_what_sqlalchemy_gives(session, statement, params):
    savepoint = await session.connection.begin_nested()
    expected = await session.connection.execute(statement, params)
    expected = list(map(tuple, expected.all())) if returns_rows(statement) else expected.rowcount
    await savepoint.rollback()
    answer = await execute_twice(session, statement, params)
    assert statements.find_plain(statement, params) is not None
    assert (answer[0] if returns_rows(statement) else answer) == expected
    if returns_rows(statement):
        assert type(answer[1]) is statements.Executed


@pytest.mark.parametrize(("statement", "params"), OTHERS, ids=range(len(OTHERS)))
async def test_what_is_not_plain_goes_the_way_of_sqlalchemy(session, statement, params):
    for _ in range(2):
        savepoint = await session.connection.begin_nested()
        await session.connection.execute(statement, params)
        await savepoint.rollback()
        assert statements.find_plain(statement, params) is None
    assert type(await session.scalar(select(SAMPLE.c.share))) is Decimal


async def test_a_row_is_one_of_sqlalchemy(session):
    statement, params = PLAIN[0]
    for _ in range(2):
        row = await session.first(statement, params)
    assert (row.name, row.members, row[0], len(row)) == ("Ann", ROW["members"], ROW["id"], 8)
    assert row._mapping["name"] == row._mapping[SAMPLE.c.name] == "Ann"
    assert {**row._mapping} == ROW == row._asdict()
    name, count = (await session.all(text("SELECT name, count FROM sample")))[0]
    assert (name, count) == ("Ann", 3)
    with pytest.raises(AttributeError):
        _ = row.surname
    assert await session.first(statement, {"id": ids.new()}) is None
    assert await session.scalar(statement, {"id": ids.new()}) is None


async def test_a_statement_that_is_made_for_one_execution_is_not_kept(session):
    before = len(statements._statements)
    for number in range(50):
        await session.execute(update(SAMPLE).where(SAMPLE.c.count == number).values(name="x"))
    assert len(statements._statements) <= before + 1


async def test_a_missing_parameter_is_an_error_and_no_null(session):
    statement = text("SELECT * FROM sample WHERE name = :name")
    for params in ({"name": "Ann"}, {"name": "Ann"}, {}, {"other": "Ann"}, None):
        if params and "name" in params:
            assert await session.first(statement, params)
        else:
            with pytest.raises(StatementError, match="name"):
                await session.first(statement, params)


async def test_an_error_has_the_name_that_sqlalchemy_gives_it_and_shows_no_value(database):
    statement = text("INSERT INTO note VALUES (:council, :id, :text)")
    note = {"council": "citytown", "id": ids.new(), "text": "a secret"}
    for attempt in range(4):
        with pytest.raises(IntegrityError) if attempt > 0 else nullcontext() as raised:
            async with database.writing("citytown") as session:
                await session.execute(statement, note)
        if raised is not None:
            assert raised.value.orig.sqlstate == "23505"
            assert "a secret" not in str(raised.value)
    assert statements.find_plain(statement, note) is not None
    async with database.writing("citytown") as session:
        assert await session.execute(text("DELETE FROM note WHERE id = :id"), {"id": note["id"]}) == 1


async def test_a_connection_that_was_lost_in_a_statement_is_not_used_again(database):
    end = text("SELECT pg_terminate_backend(pg_backend_pid())")
    number = text("SELECT CAST(:n AS integer)")
    for n in range(4):
        with pytest.raises((DBAPIError, InterfaceError)):
            async with database.writing("citytown") as session:
                await session.scalar(end)
        async with database.writing("citytown") as session:
            assert await session.scalar(number, {"n": n}) == n


async def test_a_statement_that_was_broken_off_leaves_a_sound_pool(database):
    wait, number = text("SELECT pg_sleep(:seconds)"), text("SELECT CAST(:n AS integer)")
    for n in range(4):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), database.writing("citytown") as session:
                await session.scalar(wait, {"seconds": 5})
        async with database.writing("citytown") as session:
            assert await session.scalar(number, {"n": n}) == n


async def test_a_statement_is_prepared_anew_after_a_change_of_its_table(database):
    statement = text("SELECT * FROM changing")
    async with database.writing("citytown") as session:
        await session.connection.exec_driver_sql("CREATE TEMPORARY TABLE changing (first integer)")
        await session.connection.exec_driver_sql("INSERT INTO changing VALUES (1)")
        for _ in range(3):
            assert tuple(await session.first(statement)) == (1,)
        # Past SQLAlchemy, as a migration in another process does it.
        driver = (await session.connection.get_raw_connection()).driver_connection
        await driver.execute("ALTER TABLE changing ADD second integer")
    with pytest.raises(DBAPIError, match="cached statement plan is invalid"):
        async with database.writing("citytown") as session:  # the same connection: last in, first out
            await session.first(statement)
    async with database.writing("citytown") as session:
        row = await session.first(statement)
        assert (tuple(row), row.second) == ((1, None), None)
        await session.connection.exec_driver_sql("DROP TABLE changing")


async def test_listeners_hear_of_every_statement(database):
    executed, statement = [], text("SELECT 'heard'")
    event.listen(database.writer.sync_engine, "before_cursor_execute", lambda *each: executed.append(each[2]))
    for _ in range(3):
        async with database.writing("citytown") as session:
            await session.scalar(statement)
    assert executed.count("SELECT 'heard'") == 3
