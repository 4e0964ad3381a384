"""Two councils become one: reports of both stay readable by their ids, and a sender's updates go on."""

import pytest
from sqlalchemy import text

from casework.events import CaseChanged
from chassis import ids
from tests.rekeying import find_collisions, find_slugs, rekey

COUNCILS, SUCCESSOR = ("citytown", "hillshire"), "mergeshire"
_SUCCESSOR = text("""INSERT INTO council SELECT :new, 'Mergeshire', 'E06000066', region, status, settings, 1,
    updated_at FROM council WHERE slug = 'citytown'""")
# What a merger decides: new cases begin with citytown's types, and the later horizon is left.
_RETIRE = text("""UPDATE case_type_version SET number = number || '-north', state = 'retired'
    WHERE council = 'hillshire'""")
_DROP_HORIZON = text("DELETE FROM open311_horizon WHERE council = 'hillshire'")
_CASE = text("SELECT case_id FROM open311_report WHERE reference = :reference")


@pytest.fixture
async def merged(database, open_site):
    references = [await open_site("sender", council).report() for council in COUNCILS]
    await open_site("sender", "hillshire").poll()
    async with database.writing() as session:
        await session.execute(_SUCCESSOR, {"new": SUCCESSOR})
        await session.set_all_councils()
        await session.execute(_RETIRE)
        await session.execute(_DROP_HORIZON)
    await rekey(database, COUNCILS, SUCCESSOR)
    return references


async def test_reports_of_both_go_on_under_the_successor(merged, open_site, deliver, database):
    site = open_site("sender", SUCCESSOR)
    for reference in merged:
        assert (await site.get(f"requests/{reference}.json")).status_code == 200
        async with database.reading(SUCCESSOR) as session:
            case = ids.show(await session.scalar(_CASE, {"reference": reference}))
        await deliver(
            CaseChanged, council=SUCCESSOR, case=case, case_type="pothole", state="to_repair", sequence=2
        )
    updates = await site.poll(end_date="2026-04-03T00:00:00Z")
    assert [each["service_request_id"] for each in updates] == merged
    async with database.reading() as session:
        assert await find_collisions(session, [SUCCESSOR]) == {}
        assert await find_slugs(session, COUNCILS) - {"council.slug"} == set()
