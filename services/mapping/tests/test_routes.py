"""The HTTP API of mapping."""

import pytest
from sqlalchemy import insert

from mapping.tables import property_point


@pytest.fixture(scope="module")
async def placed(database):
    async with database.writing() as session:
        await session.execute(
            insert(property_point),
            {"council": "citytown", "uprn": 1, "easting": 375165.22, "northing": 164733.4, "sequence": 3},
        )


@pytest.fixture
def bearer(mint):
    return {"Authorization": f"Bearer {mint(scopes=['mapping:read'])}"}


async def test_a_property_that_is_placed_is_read(client, placed, bearer):
    answer = await client.get("/citytown/mapping/v1/points/1", headers=bearer)
    assert answer.json() == {"uprn": "1", "easting": 375165.22, "northing": 164733.4, "sequence": 3}


async def test_a_property_of_another_council_is_not_there(client, placed, mint):
    headers = {"X-Api-Key": mint(scopes=["mapping:read"], councils=["hillshire"])}
    answer = await client.get("/hillshire/mapping/v1/points/1", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("uprn", ["0", "-1", "9223372036854775808", "abc", "1e3", "%00", "1" * 5000])
async def test_a_hostile_uprn_is_refused_with_its_place(client, bearer, uprn):
    answer = await client.get(f"/citytown/mapping/v1/points/{uprn}", headers=bearer)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "path.uprn"
