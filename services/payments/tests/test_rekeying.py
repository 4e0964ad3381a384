"""Two councils become one: the finance data of both are the successor's, and payments go where they went.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis import ids
from chassis.problems import Problem
from payments.funds.actions import baskets
from payments.funds.schemas.baskets import NewLine
from services.payments.tests.funds.finance import (
    COLLECTIONS,
    headers_of,
    import_default,
    read_finance,
    url,
)
from tests.rekeying import find_collisions, find_slugs, rekey

COUNCILS, SUCCESSOR = {"citytown": "england", "hillshire": "scotland"}, "mergeshire"
TODAY = date(2026, 12, 31)


@pytest.fixture(scope="module")
async def merged(client, database, mint):
    """Two councils with the default funds of their nations, then merged: what was there before."""
    before = SimpleNamespace()
    for council, nation in COUNCILS.items():
        await import_default(client, mint, council, nation)
        setattr(before, council, await read_finance(client, mint, council))
    async with database.writing() as session:
        await session.execute(
            text("INSERT INTO council SELECT :new, 'Mergeshire', 'E06000066', region, status, settings, 1, "
                 "updated_at FROM council WHERE slug = 'citytown'"), {"new": SUCCESSOR},
        )  # fmt: skip
    await rekey(database, COUNCILS, SUCCESSOR)
    return before


async def resolve(database, **line):
    async with database.writing(SUCCESSOR) as session:
        basket = await baskets.resolve_basket(
            session, SUCCESSOR, TODAY, amount=12_000, lines=[NewLine(amount=12_000, **line)]
        )
        return basket.lines[0]


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_every_record_of_both_is_read_under_the_successor(client, mint, merged, collection):
    headers = headers_of(mint, SUCCESSOR)
    for council in COUNCILS:
        for record in getattr(getattr(merged, council), collection.replace("-", "_")).values():
            after = await client.get(url(collection, SUCCESSOR, record["id"]), headers=headers)
            assert after.json() == record
        behind = await client.get(url(collection, council), headers=headers_of(mint, council))
        assert behind.json()["items"] == []


async def test_no_key_of_a_record_collides_and_no_slug_is_left(database, merged):
    async with database.reading() as session:
        assert await find_collisions(session, [SUCCESSOR]) == {}
        assert await find_slugs(session, COUNCILS) - {"council.slug"} == set()


async def test_a_fund_keeps_the_vat_of_the_council_it_came_from(database, merged):
    vat = []
    for council in COUNCILS:
        fund = ids.read(getattr(merged, council).funds["31"]["id"])
        vat.append((await resolve(database, fund=fund, reference="24/0001")).vat)
    assert vat == [2_000, 0]


async def test_a_code_of_both_is_named_by_id(database, merged):
    with pytest.raises(Problem) as caught:
        await resolve(database, fund="31", reference="24/0001")
    assert [error.code for error in caught.value.errors] == ["several_funds"]


async def test_money_that_cannot_be_placed_still_goes_to_suspense(database, merged):
    async with database.writing(SUCCESSOR) as session:
        basket = await baskets.resolve_basket(
            session, SUCCESSOR, TODAY, amount=5, lines=None, metadata_fund="23", reference="800123459"
        )
    [line] = basket.lines
    assert ids.show(line.fund_id) == merged.citytown.funds["SP"]["id"]


async def test_a_fund_of_two_with_one_code_is_changed_and_ended(client, mint, merged):
    fund = merged.hillshire.funds["23"]
    headers = headers_of(mint, SUCCESSOR) | {"If-Match": f'"{fund["version"]}"'}
    members = {"name": "Council tax (Hillshire)", "valid_to": "2027-03-31"}
    response = await client.patch(url("funds", SUCCESSOR, fund["id"]), json=members, headers=headers)
    assert (response.status_code, response.json()["version"]) == (200, 2)


async def test_a_rate_is_added_to_one_of_two_vat_codes(client, mint, merged):
    record = merged.citytown.vat_codes["W0"]
    rates = [*record["rates"], {"from_date": "2030-01-01", "basis_points": 2250}]
    headers = headers_of(mint, SUCCESSOR) | {"If-Match": '"1"'}
    path = url("vat-codes", SUCCESSOR, record["id"])
    assert (await client.patch(path, json={"rates": rates}, headers=headers)).status_code == 200
    other = merged.hillshire.vat_codes["W0"]
    after = await client.get(url("vat-codes", SUCCESSOR, other["id"]), headers=headers)
    assert after.json() == other


async def test_no_record_names_one_that_stayed_behind(database, merged):
    fund = merged.citytown.funds["GW"]["id"]
    async with database.writing() as session:
        await session.set_all_councils()
        with pytest.raises(IntegrityError, match="fk_fund_council"):
            await session.execute(
                text("UPDATE fund SET council = 'citytown' WHERE id = CAST(:id AS uuid)"),
                {"id": ids.read(fund)},
            )
