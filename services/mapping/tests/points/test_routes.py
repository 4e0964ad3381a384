"""The HTTP API of mapping."""

import pytest
from sqlalchemy import insert

from mapping.points.tables import property_point


@pytest.fixture(scope="module")
async def placed_property(database):
    async with database.writing() as session:
        await session.execute(
            insert(property_point),
            {"council": "citytown", "uprn": 1, "easting": 375165.22, "northing": 164733.4, "sequence": 3},
        )


@pytest.fixture
def bearer(mint):
    return {"Authorization": f"Bearer {mint(scopes=['mapping:read'])}"}


async def test_a_placed_property_is_read(client, placed_property, bearer):
    response = await client.get("/citytown/mapping/v1/points/1", headers=bearer)
    assert response.json() == {"uprn": "1", "easting": 375165.22, "northing": 164733.4, "sequence": 3}


async def test_a_property_of_another_council_is_not_there(client, placed_property, mint):
    headers = {"X-Api-Key": mint(scopes=["mapping:read"], councils=["hillshire"])}
    response = await client.get("/hillshire/mapping/v1/points/1", headers=headers)
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("uprn", ["0", "-1", "9223372036854775808", "abc", "1e3", "%00", "1" * 5000])
async def test_a_hostile_uprn_is_refused_with_its_place(client, bearer, uprn):
    response = await client.get(f"/citytown/mapping/v1/points/{uprn}", headers=bearer)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "path.uprn"


async def test_points_are_listed_by_pages_in_the_order_of_uprns(client, database, bearer):
    async with database.writing() as session:
        await session.execute(
            insert(property_point),
            [
                {"council": "citytown", "uprn": uprn, "easting": 1, "northing": 2, "sequence": 1}
                for uprn in range(100, 107)
            ],
        )
    url, uprns = "/citytown/mapping/v1/points?limit=3", []
    while url:
        response = await client.get(url, headers=bearer)
        uprns += [int(item["uprn"]) for item in response.json()["items"]]
        url = response.links["next"]["url"] if "next" in response.links else None
    assert [uprn for uprn in uprns if uprn >= 100] == list(range(100, 107))
    assert uprns == sorted(set(uprns))


@pytest.mark.parametrize("after", ["WyJhIl0", "W10", "nonsense", "WzFd" * 20])
async def test_a_cursor_of_another_list_is_400(client, bearer, after):
    response = await client.get("/citytown/mapping/v1/points", params={"after": after}, headers=bearer)
    assert response.status_code == 400
