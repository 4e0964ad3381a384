"""The SQL: one statement whatever the size, by an index, never across councils, and the read model true."""

import asyncio
import json
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy import text

from address.places.rules.postcode_search import parse_postcode as search_postcode
from address.places.rules.search_text import parse_search
from address.places.store import places
from address.places.store.find import Scoring, find_addresses
from address.places.store.places import PlacesQuery
from address.places.store.suggestions import list_suggestions
from address.properties.store import properties, reads
from address.read_model import actions as read_model
from address.shared import codelists
from services.address.tests.samples import ACACIA, row

WHOLE = search_postcode("BA1 5AA")
BOTH = PlacesQuery(datasets=("DPA", "LPI"))


@pytest.fixture
async def connection(gazetteer, postgres_url, database_url):
    """A plain connection on the loaded gazetteer; the store's functions take it as they take a pool."""
    # Only an owner may gather statistics; in service PostgreSQL does it by itself.
    owner = await asyncpg.connect(postgres_url, database=database_url.rpartition("/")[2])
    await owner.execute("ANALYZE")
    await owner.close()
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def statements(connection):
    """``async with statements() as recorded``: the statements the block sent, without the driver's own."""

    @asynccontextmanager
    async def watch():
        logged, recorded = [], []
        with connection.query_logger(logged.append):
            yield recorded
            await asyncio.sleep(0)  # the driver tells of them in the loop's next round
        recorded += [statement for statement in logged if "council = $1" in statement.query]

    return watch


async def read_everything(connection, council="citytown"):
    """Every read of the store, once. Answers the JSON texts."""
    texts = []
    for query in (places.DEFAULT_QUERY, BOTH):
        results = [await places.list_by_uprn(connection, council, 1001, query)]
        searches = map(search_postcode, ("BA1 5AA", "BA2 9ZZ", "BA1", "BA11"))
        results += [await places.list_by_postcode(connection, council, search, query) for search in searches]
        texts += [result["results"] or "" for result in results]
    property_ = await reads.get_json(connection, council, 1001)
    texts.append(property_["body"] if property_ else "")
    for typed in ("acacia", "12 long lane", "ba1 5", "001001"):
        texts += await list_suggestions(connection, council, parse_search(typed), 10)
        results = await find_addresses(connection, council, parse_search(typed + " "), BOTH, Scoring())
        texts.append(results["results"] or "")
    return texts


async def test_every_read_is_one_statement_whatever_its_size(connection, statements):
    for run_read in (
        lambda: places.list_by_postcode(
            connection, "citytown", search_postcode("SW1A 1AA"), places.DEFAULT_QUERY
        ),
        lambda: places.list_by_postcode(
            connection, "citytown", search_postcode("BA2 9ZZ"), places.DEFAULT_QUERY
        ),
        lambda: places.list_by_postcode(connection, "citytown", search_postcode("BA2"), BOTH),
        lambda: list_suggestions(connection, "citytown", parse_search("long lane"), 50),
        lambda: find_addresses(connection, "citytown", parse_search("long lane "), BOTH, Scoring()),
    ):
        async with statements() as recorded:
            await run_read()
        assert len(recorded) == 1


@pytest.mark.parametrize(
    ("run_read", "index"),
    [
        (lambda c: places.list_by_uprn(c, "citytown", 1001, places.DEFAULT_QUERY), "pk_place"),
        (lambda c: places.list_by_uprn(c, "citytown", 1001, BOTH), "pk_place"),
        (lambda c: reads.get_json(c, "citytown", 1001), "pk_place"),
        (lambda c: places.list_by_postcode(c, "citytown", WHOLE, places.DEFAULT_QUERY), "council_postcode"),
        (lambda c: places.list_by_postcode(c, "citytown", search_postcode("BA1"), BOTH), "council_postcode"),
        (lambda c: list_suggestions(c, "citytown", parse_search("aca"), 9), "pk_search_word"),
        (lambda c: list_suggestions(c, "citytown", parse_search("aca"), 9), "place_council_group_id"),
        (lambda c: list_suggestions(c, "citytown", parse_search("ba1 5"), 9), "council_postcode"),
        (lambda c: find_addresses(c, "citytown", parse_search("acacia "), BOTH, Scoring()), "pk_search_word"),
    ],
)  # fmt: skip
async def test_every_read_has_its_index(connection, statements, run_read, index):
    async with statements() as recorded:
        await run_read(connection)
    await connection.execute("SET enable_seqscan = off")  # a table this small is else read as a whole
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    plan = await connection.fetch("EXPLAIN " + recorded[0].query, *recorded[0].args)
    assert index in "\n".join(line[0] for line in plan)


async def test_no_read_shows_another_councils_addresses(connection):
    ours, theirs = await read_everything(connection), await read_everything(connection, "hillshire")
    assert "ACACIA" in "".join(ours)
    assert "OTHER STREET" not in "".join(ours)
    assert "OTHER STREET" in "".join(theirs)
    assert "ACACIA" not in "".join(theirs)
    assert "".join(await read_everything(connection, "atlantis")) == ""


async def test_every_answer_is_json_whatever_an_address_holds(load, write, connection):
    hostile = row(7001, name='A"B\\C</script>', organisationname="Ü & <Ö> 'X'", subname="%s {0}", number="")
    await load(write([hostile]))
    dpa = json.loads(
        (await places.list_by_uprn(connection, "citytown", 7001, places.DEFAULT_QUERY))["results"]
    )["DPA"]
    assert dpa["ADDRESS"].startswith("Ü & <Ö> 'X', %S {0}, A\"B\\C</SCRIPT>, ACACIA ROAD")
    property_ = json.loads((await reads.get_json(connection, "citytown", 7001))["body"])
    assert property_["building_name"] == hostile["name"]


@pytest.mark.parametrize(
    ("subname", "number"),
    [("FLAT 2A", "12"), ("UNITS 3-5", "12A-14B"), ("TOP FLOOR FLAT", "0"), ("7", ""), ("", "9a")],
)
async def test_numbers_taken_apart_come_together_as_they_were(load, write, connection, subname, number):
    await load(write([row(7002, subname=subname, number=number)]))
    property_ = json.loads((await reads.get_json(connection, "citytown", 7002))["body"])
    assert (property_["sub_building"] or "", property_["building_number"] or "") == (subname, number)


async def test_a_second_address_of_a_property_is_found_beside_the_first(load, write, connection, database):
    await load(write([row(7003, number="70")]))
    async with database.writing() as session:
        await session.execute(
            text("""
            INSERT INTO lpi (council, uprn, lpi_key, language, logical_status, pao_text, usrn, locality,
                post_town, entry_date, last_update)
            SELECT council, uprn, lpi_key || 'X', language, 3, 'THE OLD FORGE', usrn, locality, post_town,
                entry_date, last_update FROM lpi WHERE council = 'citytown' AND uprn = 7003""")
        )
        await read_model.rewrite(session, "citytown", [7003])
    usual = await places.list_by_uprn(connection, "citytown", 7003, places.DEFAULT_QUERY)
    lpis = await places.list_by_uprn(connection, "citytown", 7003, PlacesQuery(datasets=("LPI",)))
    only = await places.list_by_uprn(
        connection, "citytown", 7003, PlacesQuery(datasets=("LPI",), lpi_statuses=(3,))
    )
    assert (usual["total"], lpis["total"], only["total"]) == (1, 2, 1)
    assert "THE OLD FORGE" in only["results"]
    property_ = await reads.get_json(connection, "citytown", 7003)
    assert json.loads(property_["body"])["building_number"] == "70"


async def test_a_change_of_name_leaves_no_word_behind(session, load, write):
    await load(write([row(7004, number="71", organisationname="ZEBRA CROSSING SOCIETY")]))
    await session.execute(text("DELETE FROM organisation WHERE uprn = 7004"))
    await read_model.rewrite(session, "citytown", [7004])
    assert await session.scalar(text("SELECT count(*) FROM search_word WHERE word = 'ZEBRA'")) == 0
    assert await session.scalar(text("SELECT count(*) FROM search_group WHERE words LIKE '%ZEBRA%'")) == 0
    assert (
        await session.scalar(text("SELECT count(*) FROM search_group WHERE words LIKE ' ACACIA ROAD %'")) == 1
    )


async def test_the_chain_of_parents_ends_where_it_should(session, load, write):
    chain = [row(8000)] + [row(8000 + n, parentuprn=str(7999 + n)) for n in range(1, 8)]
    await load(write(chain))
    assert await properties.list_ancestors(session, "citytown", 8007, 8) == list(range(8007, 7999, -1))
    assert await properties.list_ancestors(session, "citytown", 8007, 3) == [8007, 8006, 8005, 8004]
    assert await properties.list_ancestors(session, "citytown", 8999, 3) == []


def test_the_code_lists_are_whole():
    assert len(codelists.classifications()) == 563
    assert codelists.classifications()["RD04"] == "Terraced"
    assert codelists.custodians()["E06000022"] == codelists.Custodian(114, "BATH AND NORTH EAST SOMERSET")
    assert codelists.custodians()["S12000030"].code == 9078


def test_the_samples_classes_are_in_the_code_list():
    assert {row_["classificationcode"] for row_ in ACACIA} <= set(codelists.classifications())
