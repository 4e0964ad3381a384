"""The function that sees every payer shows those of one account of the council, whoever calls it and how."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import ids
from services.payments.tests.conftest import V1
from services.payments.tests.office.staff import PAGES, claims_of
from services.payments.tests.search.search_world import World

_CALL = "SELECT payment FROM search_payers(:account, :email, :name, '-infinity', 'infinity', :most)"
SHADOWS = (
    "CREATE TEMPORARY TABLE payer (LIKE public.payer)",
    "CREATE TEMPORARY TABLE gateway_account (LIKE public.gateway_account)",
    "SET LOCAL search_path = pg_temp, public, pg_catalog",
    """CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql
        AS $$ SELECT 'hillshire'::text $$""",
    """CREATE FUNCTION pg_temp.texticlike(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$""",
)


async def call(session, account, email=None, name=None, most=100):
    values = {"account": account, "email": email, "name": name, "most": most}
    return {row.payment for row in await session.all(text(_CALL), values)}


@pytest.fixture
async def worlds(session):
    """An account with ten payers at each of two councils; the session is citytown's again after."""
    opened = {}
    for council in ("hillshire", "citytown"):
        await session.set_council(council)
        opened[council] = await World(session, council).open()
        for number in range(10):
            await opened[council].create(number, email=f"ann.{number}@people.example")
    return opened


async def test_a_council_finds_its_own_payers_and_nobody_elses(session, worlds):
    assert len(await call(session, worlds["citytown"].account, "%people%")) == 10
    assert await call(session, worlds["hillshire"].account, "%people%") == set()


@pytest.mark.parametrize("setting", ["", "*", "citytown,hillshire", "city%"])
async def test_no_other_setting_opens_anything(session, worlds, setting):
    await session.execute(text("SELECT set_config('app.council', :setting, true)"), {"setting": setting})
    for world in worlds.values():
        assert await call(session, world.account, "%") == set()


@pytest.mark.parametrize("shadow", SHADOWS)
async def test_no_object_of_a_session_takes_the_place_of_ours(session, worlds, shadow):
    await session.execute(text(shadow))
    assert len(await call(session, worlds["citytown"].account, "%people%")) == 10
    assert await call(session, worlds["hillshire"].account, "%people%") == set()
    assert await call(session, worlds["citytown"].account, "%nobody%") == set()


@pytest.mark.parametrize(
    "hostile",
    ["x' OR true --", "$$; DELETE FROM payer; $$", "%' UNION SELECT id, now() FROM payment --", "$1", "\\\\"],
)
async def test_what_is_searched_for_is_never_sql(session, worlds, hostile):
    for values in ({"email": hostile}, {"name": hostile}, {"email": "%people%", "name": hostile}):
        assert await call(session, worlds["citytown"].account, **values) == set()
    assert len(await call(session, worlds["citytown"].account, "%people%")) == 10


@pytest.mark.parametrize(("most", "number"), [(3, 3), (0, 0), (2_000_000_000, 10), (None, 0)])
async def test_it_lists_as_many_as_a_search_looks_at(session, worlds, most, number):
    assert len(await call(session, worlds["citytown"].account, "%people%", most=most)) == number


async def test_it_lists_nobody_who_is_not_searched_for(session, worlds):
    assert await call(session, worlds["citytown"].account) == set()


async def test_an_account_of_another_council_costs_what_an_unknown_one_costs(session, worlds):
    """How long it takes tells nothing: rows and indexes of payers are not read at all."""
    explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {_CALL}")
    blocks = {}
    for name, account in (("unknown", ids.new()), ("other", worlds["hillshire"].account),
                          ("own", worlds["citytown"].account)):  # fmt: skip
        for _ in range(2):  # the first call reads what the second has in memory
            values = {"account": account, "email": "%people%", "name": None, "most": 100}
            plan = await session.scalar(explain, values)
            root = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
            blocks[name] = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    assert abs(blocks["other"] - blocks["unknown"]) <= 1, blocks
    assert blocks["own"] > blocks["unknown"] + 1, blocks


async def test_only_the_role_that_serves_may_call_it(session):
    query = text("""SELECT coalesce(grantee::regrole::text, '') AS role
        FROM pg_proc, aclexplode(proacl) WHERE proname = 'search_payers' ORDER BY 1""")
    roles = {row.role for row in await session.all(query)}
    assert roles == {"payments", "payments_owner"}


async def test_the_role_that_serves_cannot_change_it(session):
    with pytest.raises(DBAPIError, match="must be owner"):
        await session.execute(text("ALTER FUNCTION search_payers SET search_path = pg_temp"))


async def test_the_sandbox_finds_no_live_payer(client, make_key, database, sign_in_staff, mint_person):
    email = f"{ids.show(ids.new())}@live.example"
    async with database.writing("citytown") as session:
        world = await World(session).open()
        payment = await world.create(email=email)
        for statement in (
            "UPDATE gateway_account SET mode = 'live', processor = 'other' WHERE id = :id",
            "UPDATE payment SET mode = 'live' WHERE account = :id",
        ):
            await session.execute(text(statement), {"id": world.account})
    for client_id in ("library", ids.show(world.account)):
        results = (await client.get(V1, params={"email": email}, headers=make_key(client_id))).json()
        assert results["total"] == 0
    for mode, is_there in (("sandbox", False), ("live", True)):
        token = mint_person("ann", scopes=["payments:office"], councils=["citytown"], **claims_of(mode=mode))
        browser = await sign_in_staff(token, name="ann@citytown.example")
        page = await browser.get(PAGES, q=email)
        assert (ids.show(payment) in page.text) is is_there, mode
