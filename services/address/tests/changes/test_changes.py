"""The change feed: every change once, in the order of the commits, whoever commits when."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import text

from address.changes.rules import Cursor
from address.loading.store.staged_csv import LOCK
from address.properties.actions import properties
from address.properties.schemas.properties import AddressChange
from address.shared.horizon import horizon_of
from chassis.auth import Caller
from chassis.etags import Precondition
from chassis.testing import published
from dev import postgres
from services.address.tests.officers import Officer, house
from services.address.tests.samples import GAZETTEER

pytestmark = pytest.mark.usefixtures("gazetteer")
CALLER = Caller("officer-1", "test", "t", frozenset({"citytown"}), frozenset(), "sandbox", 0)


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory):
    """A server of these tests' own: another test's transaction that just ends may hold a change back."""
    with postgres.running(tmp_path_factory.mktemp("postgres"), fast=True) as server:
        yield server.url


@pytest.fixture(scope="module")
async def officer(client, mint, gazetteer):
    officer = Officer(client, mint)
    assert (await officer.allot()).status_code == 200
    return officer


async def list_after(officer, cursor=None, limit=1000):
    """Everything in the feed after a cursor, page by page, and the cursor at its end."""
    items = []
    while True:
        page = await officer.get("/changes", limit=limit, **({"after": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        items += page.json()["items"]
        cursor = page.json()["next"]
        if not page.json()["more"]:
            return items, cursor


async def end_of_feed(officer):
    return (await list_after(officer))[1]


async def change(session, uprn, name):
    """Change a property within a transaction, whatever its version.

    Two who change one postcode take turns: those who are to be open together change different ones.
    """
    change_ = AddressChange(building_name=name)
    await properties.change_property(
        session, "citytown", uprn, change_, CALLER, datetime.now(UTC).date(), Precondition(None)
    )


def versions(items):
    return [(item["subject"], item["sequence"]) for item in items]


async def test_a_load_stands_in_the_feed_whole(officer):
    items, _ = await list_after(officer, limit=50)
    created = [item["subject"] for item in items if item["type"] == "address.property.created.v1"]
    assert sorted(created) == sorted(row["uprn"] for row in GAZETTEER)
    streets = {item["subject"] for item in items if item["type"] == "address.street.created.v1"}
    assert streets == {row["usrn"] for row in GAZETTEER}


async def test_the_feed_tells_what_the_events_tell(officer, database):
    cursor, before = await end_of_feed(officer), len(await published(database))
    usrn = (await officer.post("/streets", {"description": "FEED ROW", "town": "BATH"})).json()["usrn"]
    uprn = (await officer.post("/addresses", house(1, usrn=usrn))).json()["uprn"]
    await officer.patch(f"/addresses/{uprn}", {"easting": 375999.99, "postcode": "BA2 2AA"})
    await officer.patch(f"/streets/{usrn}", {"description": "FODDER ROW", "locality": "WESTON"})
    await officer.post(
        f"/addresses/{uprn}/names", {"language": "ENG", "building_name": "X"}, of=f"/addresses/{uprn}"
    )
    await officer.patch(f"/addresses/{uprn}", {"classification": "CR08", "logical_status": 1})
    await officer.retire(uprn, successors=["1001"])
    await officer.post(f"/streets/{usrn}/close", {}, of=f"/streets/{usrn}")
    items, _ = await list_after(officer, cursor)
    events = (await published(database))[before:]
    assert len(items) == 9
    assert [(item["type"], item["subject"], item["sequence"], item["data"]) for item in items] == [
        (event.type, event.subject, event.sequence, without_a_streets_point(event)) for event in events
    ]


def without_a_streets_point(event):
    """What the feed tells: of a street no point, which only events have."""
    left_out = {"easting", "northing"} if event.type.startswith("address.street.") else set()
    return {name: value for name, value in event.data.items() if name not in left_out}


async def test_the_feed_goes_on_where_it_was_left(officer):
    cursor = await end_of_feed(officer)
    empty = (await officer.get("/changes", after=cursor)).json()
    assert empty == {"items": [], "next": cursor, "more": False}
    for name in ("A", "B", "C"):
        await officer.patch("/addresses/5001", {"building_name": name})
    first = (await officer.get("/changes", after=cursor, limit=2)).json()
    rest = (await officer.get("/changes", after=first["next"], limit=2)).json()
    again = (await officer.get("/changes", after=cursor, limit=3)).json()
    assert (first["more"], rest["more"]) == (True, False)
    assert first["items"] + rest["items"] == again["items"]
    assert [item["data"]["changed"] for item in again["items"]] == [["building_name"]] * 3


async def test_a_change_waits_in_the_feed_for_transactions_that_began_before_it(officer, database):
    cursor = await end_of_feed(officer)
    async with AsyncExitStack() as stack:
        early = await stack.enter_async_context(database.writing("citytown"))
        await change(early, 3001, "EARLY")
        async with database.writing("citytown") as late:
            await change(late, 5011, "LATE")
        while_open, end = await list_after(officer, cursor)
        assert while_open == []
        assert end == cursor
    assert versions((await list_after(officer, cursor))[0]) == [("3001", 2), ("5011", 2)]


async def test_a_change_does_not_wait_for_a_transaction_of_another_database(officer, postgres_url):
    cursor = await end_of_feed(officer)
    stranger = await asyncpg.connect(postgres_url)
    async with stranger.transaction():
        await stranger.execute("SELECT pg_current_xact_id()")
        await officer.patch("/addresses/5014", {"building_name": "AT ONCE"})
        items, after = await list_after(officer, cursor)
        assert versions(items) == [("5014", 2)]
        assert (await officer.get("/changes", after=after)).status_code == 200
    await stranger.close()
    assert (await officer.get("/changes", after=after)).json()["items"] == []


@pytest.mark.parametrize(("loaded", "waits"), [("hillshire", False), ("citytown", True)])
async def test_a_change_waits_for_its_own_councils_load_only(officer, database, loaded, waits):
    cursor = await end_of_feed(officer)
    async with database.writing(loaded) as load:
        await load.execute(LOCK, {"council": loaded})
        await load.scalar(text("SELECT pg_current_xact_id()"))
        await officer.patch("/addresses/5015", {"building_name": f"BESIDE {loaded}"})
        items, _ = await list_after(officer, cursor)
        assert bool(items) is not waits
    assert len((await list_after(officer, cursor))[0]) == 1


async def test_a_transaction_that_is_given_up_leaves_no_gap_and_no_change(officer, database):
    cursor = await end_of_feed(officer)

    class RolledBackError(Exception):
        pass

    with pytest.raises(RolledBackError):
        async with database.writing("citytown") as session:
            await change(session, 5012, "NEVER")
            raise RolledBackError
    await officer.patch("/addresses/5013", {"building_name": "AFTER"})
    assert versions((await list_after(officer, cursor))[0]) == [("5013", 2)]


async def test_one_propertys_changes_stand_in_their_order_though_the_later_began_first(officer, database):
    cursor = await end_of_feed(officer)
    async with AsyncExitStack() as stack:
        early = await stack.enter_async_context(database.writing("citytown"))
        await change(early, 3002, "BEGUN")
        async with database.writing("citytown") as late:
            await change(late, 5021, "SECOND")
        await change(early, 5021, "THIRD")
    listed = versions((await list_after(officer, cursor, limit=1))[0])
    assert listed == [("3002", 2), ("5021", 2), ("5021", 3)]


async def write(officer, uprn):
    for n in range(6):
        await officer.patch(f"/addresses/{uprn}", {"building_name": f"NAME {n}"})


async def linger(database, uprns):
    """Change properties in transactions that stay open for a while."""
    for uprn in uprns:
        async with database.writing("citytown") as session:
            await change(session, uprn, f"SLOW {uprn}")
            await asyncio.sleep(0.05)


async def read_until(officer, cursor, finished):
    changes = []
    while True:
        last_round = finished.is_set()
        items, cursor = await list_after(officer, cursor, limit=3)
        changes += items
        if last_round:
            return changes
        await asyncio.sleep(0.01)


async def test_a_reader_among_many_writers_sees_every_change_once_and_in_order(officer, database):
    cursor, finished = await end_of_feed(officer), asyncio.Event()
    reader = asyncio.create_task(read_until(officer, cursor, finished))
    writers = [write(officer, uprn) for uprn in range(5030, 5036)]
    await asyncio.gather(*writers, linger(database, range(5040, 5048)))
    finished.set()
    changes = await reader
    assert len(changes) == len(set(versions(changes))) == 6 * 6 + 8
    for uprn in {item["subject"] for item in changes}:
        sequences = [item["sequence"] for item in changes if item["subject"] == uprn]
        assert sequences == list(range(2, 2 + len(sequences)))
    assert versions(changes) == versions((await list_after(officer, cursor))[0])


async def test_a_council_sees_its_own_changes_only(officer, client, mint):
    headers = {"Authorization": f"Bearer {mint(scopes=['address:read'], councils=['hillshire'])}"}
    items = (await client.get("/hillshire/address/v1/changes", headers=headers)).json()["items"]
    assert {item["data"].get("description", "OTHER STREET") for item in items} == {"OTHER STREET"}
    assert {item["subject"] for item in items} == {"1001", "90000001"}


@pytest.mark.parametrize("cursor", ["x", "", "MS4xLjE\x00", "9" * 81, "9" * 5000, "'; --", "Mi4xLjE", "😀"])
async def test_what_is_no_cursor_is_refused_by_name(officer, cursor):
    response = await officer.get("/changes", after=cursor)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "query.after")


@pytest.mark.parametrize("limit", [0, 1001, "x", -1])
async def test_a_page_has_bounds(officer, limit):
    assert (await officer.get("/changes", limit=limit)).status_code == 400


async def test_a_cursor_from_beyond_the_end_is_refused_rather_than_believed(officer):
    """As after a restore to an earlier moment: to go on from it would lose what is written until then."""
    response = await officer.get("/changes", after=Cursor(10**15, 1).encode())
    assert (response.status_code, response.json()["code"]) == (409, "cursor-ahead")


async def test_changes_from_beyond_the_servers_counter_stop_the_feed(officer, postgres_url, database_url):
    """As after restoring a dump into a new server, whose transactions would sort before those it holds."""
    cursor = await end_of_feed(officer)
    connection = await asyncpg.connect(postgres_url, database=database_url.rpartition("/")[2])
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        "INSERT INTO history (council, uprn, version, actor, kind, xact)"
        " VALUES ('citytown', 1, 1, 'dump', 'created', '999999999999')"
    )
    response = await officer.get("/changes", after=cursor)
    await connection.execute("DELETE FROM history WHERE actor = 'dump'")
    await connection.close()
    assert (response.status_code, response.json()["code"]) == (503, "feed-behind")


async def test_a_page_costs_two_statements_at_most_whatever_its_size(officer, database, app):
    from sqlalchemy import event  # noqa: PLC0415 - this test alone listens to the engine

    statements = []
    engine = app.state.database.reader.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for limit in (1, 1000):
        statements.clear()
        await officer.get("/changes", limit=limit)
        assert len([statement for statement in statements if "history" in statement]) == 1
    cursor = await end_of_feed(officer)
    statements.clear()
    await officer.get("/changes", after=cursor)
    assert len([statement for statement in statements if "history" in statement]) == 2


async def test_the_feed_is_read_by_its_index(database_url, postgres_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute("SET enable_seqscan = off")
    await connection.execute("SET enable_sort = off")
    horizon = horizon_of("'citytown'")
    plan = await connection.fetchval(
        "EXPLAIN (FORMAT JSON) SELECT xact, position FROM history WHERE council = 'citytown'"
        f" AND (xact, position) > ('5'::xid8, 7) AND xact < (SELECT {horizon})"
        " ORDER BY xact, position LIMIT 10"
    )
    await connection.close()
    assert "ix_history_council_xact_position" in plan
    assert "Sort" not in {node["Node Type"] for node in nodes(json.loads(plan)[0]["Plan"])}


def nodes(plan):
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)
