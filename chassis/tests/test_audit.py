"""The audit: entries in the transaction of their change, which nobody changes and no other council reads."""

import hashlib
import json
from datetime import timedelta

import asyncpg
import pytest
from opentelemetry import context
from opentelemetry.propagate import extract
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from chassis import audit, clock

NOTE = ("notes.note", "7")
KEEPER = audit.Actor("staff", "keeper", "a-service")
WRITES = (
    "UPDATE {} SET id = uuidv7()",
    "UPDATE {} SET council = council, id = id",
    "DELETE FROM {}",
    "TRUNCATE {}",
)
TABLES = ("audit", "audit_personal")


@pytest.fixture
async def owner(database_url):
    """A connection of the role that migrates, which sees every council's rows."""
    connection = await asyncpg.connect(database_url.replace("//notes:", "//notes_owner:"))
    await connection.execute("SELECT set_config('app.council', '*', false)")
    yield connection
    await connection.close()


async def list_entries(session, aggregate_id="7", *, council="citytown"):
    return await audit.list_by_aggregate(session, council, "notes.note", aggregate_id, None, 100)


async def record(database, aggregate_id, act="changed", **values):
    async with database.writing("citytown") as session:
        await audit.record(session, "citytown", KEEPER, act, "notes.note", aggregate_id, **values)


async def test_an_entry_says_who_did_what_why_and_in_which_trace(session):
    carrier = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    token = context.attach(extract(carrier))
    changes = audit.compare({"text": "Bins", "theme": "waste"}, {"text": "Bins in", "theme": "waste"})
    await audit.record(session, "citytown", KEEPER, "changed", *NOTE, changes=changes, reason="a slip")
    context.detach(token)
    [entry] = await list_entries(session)
    assert (entry.council, entry.act, entry.changes, entry.reason) == (
        "citytown", "changed", {"text": ["Bins", "Bins in"]}, "a slip",
    )  # fmt: skip
    assert (entry.actor, entry.actor_kind, entry.credential) == ("keeper", "staff", "a-service")
    assert (entry.for_whom, entry.mandate, entry.personal, entry.personal_digest) == (None,) * 4
    assert entry.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert abs(entry.at - clock.now()) < timedelta(minutes=1)


def test_what_is_new_or_gone_has_one_side():
    assert audit.compare({}, {"text": "x", "theme": None}) == {"text": [None, "x"]}
    assert audit.compare({"text": "x"}, {}) == {"text": ["x", None]}


@pytest.mark.parametrize("name", [audit.by_staff, audit.by_person])
async def test_a_machine_is_named_by_its_client_or_key(client, app, mint, name):
    for typ, own_id in (("at+jwt", "a-client"), ("key+jwt", "a-key")):
        caller = await app.state.verifier.check(mint(typ=typ, sub=own_id, client_id=own_id, jti=own_id))
        assert name(caller) == audit.Actor("client", own_id, own_id)


async def test_a_person_and_a_member_of_staff_are_named_with_the_client_of_their_token(
    client, app, mint_person
):
    caller = await app.state.verifier.check(mint_person("rosa", client_id="a-service"))
    assert audit.by_person(caller) == audit.Actor("person", "rosa", "a-service")
    assert audit.by_staff(caller) == audit.Actor("staff", "rosa", "a-service")


async def test_a_delegate_is_named_with_the_person_they_act_for(client, app, mint_delegate, session):
    caller = await app.state.verifier.check(mint_delegate("rosa", actor="ben", mandate="m1"))
    for name in (audit.by_person, audit.by_staff):
        assert name(caller) == audit.Actor("person", "ben", "a-service", "rosa", "m1")
    await audit.record(session, "citytown", audit.by_person(caller), "written", *NOTE)
    [entry] = await list_entries(session)
    assert (entry.actor, entry.for_whom, entry.mandate) == ("ben", "rosa", "m1")
    assert audit.by_system("purge") == audit.Actor("system", "purge")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", WRITES)
async def test_the_role_that_serves_changes_and_deletes_nothing(database, table, statement):
    await record(database, "kept", personal={"phone": [None, "01225 496000"]})
    for prelude in ("SELECT 1", "SET LOCAL app.audit_removal = 'on'"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.writing("citytown") as session:
                await session.execute(text(prelude))
                await session.execute(text(statement.format(table)))
    async with database.reading("citytown") as session:
        assert (await list_entries(session, "kept"))[0].personal == {"phone": [None, "01225 496000"]}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", WRITES)
async def test_even_its_owner_changes_and_deletes_nothing(database, owner, table, statement):
    await record(database, "owned", personal={"phone": [None, "01225 496000"]})
    with pytest.raises(asyncpg.RaiseError, match="kept as it was written"):
        await owner.execute(statement.format(table))


async def test_an_entry_moves_to_another_council_only_by_work_for_the_region(database):
    await record(database, "moved")
    move = text("UPDATE audit SET council = 'hillshire' WHERE aggregate_id = 'moved'")
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.writing("citytown") as session:
            await session.execute(move)
    async with database.writing("*") as session:
        assert await session.execute(move) == 1
    async with database.reading("hillshire") as session:
        assert len(await list_entries(session, "moved", council="hillshire")) == 1


async def test_another_council_reads_and_writes_nothing(database):
    await record(database, "theirs", personal={"phone": [None, "01225 496000"]})
    async with database.reading("hillshire") as session:
        assert await list_entries(session, "theirs") == []
        assert await audit.list_by_actor(session, "citytown", "keeper", None, 10) == []
        assert await session.all(text("SELECT id FROM audit_personal")) == []
    for write in (
        lambda session: audit.record(session, "citytown", KEEPER, "changed", *NOTE),
        lambda session: audit.erase(session, "citytown", KEEPER, "notes.note", "theirs", reason="x"),
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.writing("hillshire") as session:
                await write(session)
    async with database.reading("citytown") as session:
        assert (await list_entries(session, "theirs"))[0].personal is not None


async def test_a_rollback_leaves_nothing(database):
    with pytest.raises(RuntimeError):
        async with database.writing("citytown") as session:
            await audit.record(session, "citytown", KEEPER, "changed", "notes.note", "undone")
            raise RuntimeError
    async with database.reading("citytown") as session:
        assert await list_entries(session, "undone") == []


async def test_personal_data_is_erased_and_the_entry_proves_what_was_there(database):
    await record(database, "erased", changes={"status": [1, 2]}, personal={"phone": [None, "01225 496000"]})
    await record(database, "spared", personal={"phone": [None, "01225 496001"]})
    async with database.writing("citytown") as session:
        [before] = await list_entries(session, "erased")
        salt = await session.scalar(text("SELECT salt FROM audit_personal WHERE id = :id"), {"id": before.id})
        assert (
            await audit.erase(session, "citytown", KEEPER, "notes.note", "erased", reason="Article 17") == 1
        )
        record_of_it, after = await list_entries(session, "erased")
        assert (after.personal, after.changes) == (None, {"status": [1, 2]})
        proof = hashlib.sha256((salt + json.dumps(before.personal)).encode()).digest()
        assert after.personal_digest == before.personal_digest == proof
        assert (record_of_it.act, record_of_it.actor, record_of_it.reason, record_of_it.changes) == (
            audit.ERASED, "keeper", "Article 17", {"entries": [1, 0]},
        )  # fmt: skip
        assert (await list_entries(session, "spared"))[0].personal is not None
        assert not await session.all(text("SELECT id FROM audit_personal WHERE salt = :salt"), {"salt": salt})


async def test_entries_are_purged_when_their_time_is_over_and_that_is_recorded(database, set_clock):
    set_clock("2019-01-01T00:00:00Z")
    await record(database, "old", personal={"phone": [None, "01225 496000"]})
    set_clock("2026-01-01T00:00:00Z")
    await record(database, "young")
    values = {"before": clock.now() - timedelta(days=6 * 365), "reason": "kept for six years"}
    for count in (1, 0):
        async with database.writing("citytown") as session:
            assert await audit.purge(session, "citytown", KEEPER, "notes.note", **values) == count
    async with database.reading("citytown") as session:
        assert await list_entries(session, "old") == []
        assert len(await list_entries(session, "young")) == 1
        [entry] = await list_entries(session, "*")
        assert (entry.act, entry.reason) == (audit.PURGED, "kept for six years")
        assert entry.changes == {"entries": [1, 0]}


async def test_pages_go_back_or_on_by_one_statement_each(session):
    for number in range(7):
        await audit.record(session, "citytown", KEEPER, f"act-{number}", *NOTE)
        await audit.record(session, "citytown", audit.by_system("x"), "other", "notes.note", "8")
    statements = []
    event.listen(
        session.connection.sync_connection, "before_cursor_execute", lambda *call: statements.append(call[2])
    )
    pages = {}
    for newest_first in (True, False):
        start, acts = None, []
        while rows := await audit.list_by_aggregate(
            session, "citytown", *NOTE, start, 3, newest_first=newest_first
        ):
            acts, start = [*acts, *(row.act for row in rows)], rows[-1].id
        pages[newest_first] = acts
    assert pages[False] == pages[True][::-1] == [f"act-{number}" for number in range(7)]
    assert len(statements) == 8
    rows = await audit.list_by_actor(session, "citytown", "keeper", None, 2)
    assert [row.act for row in rows] == ["act-6", "act-5"]
    rows = await audit.list_by_actor(session, "citytown", "keeper", rows[-1].id, 2)
    assert [row.act for row in rows] == ["act-4", "act-3"]


async def test_a_page_is_read_by_its_index(database):
    async with database.reading("citytown") as session:
        await session.connection.exec_driver_sql("SET enable_seqscan = off")
        for condition in ("aggregate = 'notes.note' AND aggregate_id = '7'", "actor = 'keeper'"):
            plan = await session.all(
                text(
                    f"EXPLAIN SELECT * FROM audit WHERE council = 'citytown' AND {condition}"
                    " ORDER BY id DESC LIMIT 51"
                )
            )
            assert "Sort" not in str(plan), plan
        await session.connection.exec_driver_sql("RESET enable_seqscan")


HOSTILE = ["x" * 60_000, "a\x00b", "\ud800", {"deep": ["y" * 60_000]}]


@pytest.mark.parametrize("value", HOSTILE, ids=["long", "nul", "surrogate", "nested"])
async def test_a_value_that_cannot_be_kept_is_recorded_by_length_and_digest(session, value):
    as_json = json.dumps(value, ensure_ascii=False)
    digest = hashlib.sha256(as_json.encode(errors="surrogatepass")).hexdigest()
    await audit.record(session, "citytown", KEEPER, "changed", *NOTE, changes={"text": ["Bins", value]})
    [entry] = await list_entries(session)
    assert entry.changes == {"text": ["Bins", {"characters": len(as_json), "sha256": digest}]}


async def test_what_json_does_not_know_is_recorded_as_text(session):
    await audit.record(session, "citytown", KEEPER, "x", *NOTE, changes={"n": [float("nan"), clock.today()]})
    [entry] = await list_entries(session)
    assert entry.changes == {"n": ["NaN", clock.today().isoformat()]}


@pytest.mark.parametrize(
    ("aggregate_id", "values"),
    [
        ("", {}),
        ("7" * 201, {}),
        ("7\x00", {}),
        ("7", {"reason": "x" * 501}),
        ("7", {"changes": {"f" * 201: [1, 2]}}),
        ("7", {"changes": {"f\x00": [1, 2]}}),
        ("7", {"changes": {f"f{n}": [1, 2] for n in range(101)}}),
    ],
)
async def test_an_entry_is_bounded(session, aggregate_id, values):
    with pytest.raises(ValueError, match=r"audited id|NUL|fields at most"):
        await audit.record(session, "citytown", KEEPER, "x", "notes.note", aggregate_id, **values)
