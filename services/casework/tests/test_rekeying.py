"""Two councils become one: the calendars of both are the successor's.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

import pytest
from sqlalchemy import text

from services.casework.tests.calendar.keeper import CLOSURE, TERMS_2025, add, get, headers_of, url
from tests.rekeying import find_collisions, find_slugs, rekey

COUNCILS, SUCCESSOR = ("citytown", "hillshire"), "mergeshire"


@pytest.fixture(scope="module")
async def authorities(client, database, mint):
    """Two councils with a closure, an admission authority and its terms; then merged."""
    authorities = {}
    for council in COUNCILS:
        await add(client, mint, "closures", CLOSURE, council)
        authority = await add(client, mint, "admission-authorities", {"name": "Community schools"}, council)
        years = f"admission-authorities/{authority['id']}/school-years"
        await add(client, mint, years, {"year": 2025, "terms": TERMS_2025}, council)
        authorities[council] = authority
    async with database.writing() as session:
        await session.execute(
            text("INSERT INTO council SELECT :new, 'Mergeshire', 'E06000066', region, status, settings, 1, "
                 "updated_at FROM council WHERE slug = 'citytown'"), {"new": SUCCESSOR},
        )  # fmt: skip
    await rekey(database, COUNCILS, SUCCESSOR)
    return authorities


async def test_every_record_of_both_is_read_under_the_successor(client, mint, authorities):
    listed = await get(client, mint, "admission-authorities", SUCCESSOR)
    assert listed["items"] == list(authorities.values())
    assert len((await get(client, mint, "closures", SUCCESSOR))["items"]) == 2
    calendars = (await get(client, mint, "calendars", SUCCESSOR))["items"]
    assert sum(item["name"] == "school" for item in calendars) == 2
    for council in COUNCILS:
        assert (await get(client, mint, "closures", council))["items"] == []


async def test_school_days_of_both_are_counted_under_the_successor(client, mint, authorities):
    for authority in authorities.values():
        body = {
            "start": "2026-03-02", "clock": {"amount": 20, "unit": "school_days"},
            "admission_authority": authority["id"],
        }  # fmt: skip
        response = await client.post(
            url("due-dates", SUCCESSOR), json=body, headers=headers_of(mint, SUCCESSOR)
        )
        assert response.json()["due"] == "2026-04-13"


async def test_no_key_collides_and_no_slug_is_left(database, authorities):
    async with database.reading() as session:
        assert await find_collisions(session, [SUCCESSOR]) == {}
        assert await find_slugs(session, COUNCILS) - {"council.slug"} == set()
