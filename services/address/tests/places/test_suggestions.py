"""A box that completes as people type: near a point, within a ward, flats under their building, on a day."""

import pytest
from sqlalchemy import text

from address.loading.actions import command
from address.places.rules import near_point
from address.places.schemas.suggestions import Suggestions
from services.address.tests.samples import row, write_csv

ADDRESSES = "/citytown/address/v1/addresses"
# One street name in two places 10 km apart, with a building of 60 flats in one, and a number in many streets.
FAR = {"usrn": "90000011", "postcode": "BS31 1AA", "locality": "SALTFORD", "easting": "365000"}
TOWER = {"usrn": "90000010", "number": "20", "postcode": "BA1 5AC"}
ROWS = [
    *(row(100 + number, usrn="90000010", number=str(number)) for number in range(1, 20)),
    *(row(200 + number, number=str(number), **FAR) for number in range(1, 20)),
    row(300, classificationcode="PP", **TOWER),
    *(row(300 + flat, parentuprn="300", subname=f"FLAT {flat}", **TOWER) for flat in range(1, 61)),
    row(400, usrn="90000012", number="147", streetname="ZINC STREET"),
    row(401, usrn="90000013", number="147", streetname="WELLS ROAD"),
    row(402, usrn="90000013", number="9", subname="FLAT 1", streetname="WELLS ROAD", parentuprn="403"),
    row(403, usrn="90000013", number="9", classificationcode="PP", streetname="WELLS ROAD"),
]


@pytest.fixture(scope="module", autouse=True)
async def gazetteer(settings, tmp_path_factory):
    path = write_csv(tmp_path_factory.mktemp("suggestions") / "addresses.csv", ROWS)
    assert await command.load(settings, [str(path), "--council", "citytown"]) == command.DONE


@pytest.fixture
def suggest(client, mint):
    key = mint(scopes=["address:read"], councils=["citytown"])

    async def ask(**parameters):
        response = await client.get(ADDRESSES, params=parameters, headers={"X-Api-Key": key})
        assert response.status_code == 200, response.text
        return Suggestions.model_validate(response.json()).items

    return ask


async def test_flats_of_a_building_come_as_the_building(suggest):
    (tower,) = await suggest(q="20 acacia road")
    assert (tower.uprn, tower.contains) == ("300", 60)


async def test_a_flat_that_is_named_comes_itself(suggest):
    assert [item.uprn for item in await suggest(q="flat 42 acacia")] == ["342"]


async def test_a_building_with_one_flat_is_not_put_together(suggest):
    assert {item.uprn for item in await suggest(q="9 wells")} == {"402", "403"}


async def test_a_building_lists_what_is_within_it(suggest):
    inside = await suggest(within=300, limit=100)
    assert [item.uprn for item in inside] == [str(300 + flat) for flat in range(1, 61)]
    assert [item.uprn for item in await suggest(within=300, q="flat 7")] == ["307"]
    assert await suggest(within=100) == []


@pytest.mark.parametrize("location", ["375000.25,165000.75", "-2.361,51.384"])
async def test_the_nearest_comes_first(suggest, location):
    near, far = [await suggest(q="7 acacia", near=point) for point in (location, "365000,165000")]
    assert [item.uprn for item in near[:2]] == ["107", "207"]
    assert [item.uprn for item in far[:2]] == ["207", "107"]
    assert near[0].distance < 200
    assert near[1].distance > 9_000


async def test_without_a_point_there_is_no_distance(suggest):
    assert {item.distance for item in await suggest(q="acacia")} == {None}


async def test_a_number_alone_is_enough(suggest):
    assert [item.uprn for item in await suggest(q="147")] == ["401", "400"]
    assert [item.uprn for item in await suggest(q="147 z")] == ["400"]


async def test_a_ward_keeps_to_itself(suggest, database):
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE place SET ward = 'E05012345' WHERE uprn BETWEEN 200 AND 299"))
    items = await suggest(q="acacia", ward="E05012345", limit=50)
    assert {item.uprn for item in items} == {str(200 + number) for number in range(1, 20)}
    assert await suggest(q="acacia", ward="E05099999") == []
    assert [item.uprn for item in await suggest(q="bs31 1", ward="E05012345", limit=2)] == ["201", "202"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"q": "ab"},
        {"q": "acacia", "near": "here"},
        {"q": "acacia", "near": "1"},
        {"q": "acacia", "near": "nan,nan"},
        {"q": "acacia", "near": "inf,5"},
        {"q": "acacia", "near": "-1,100"},
        {"q": "acacia", "near": "9" * 100},
        {"q": "acacia", "ward": "Walcot"},
        {"within": "0"},
        {"within": "x"},
        {"q": "acacia", "as_of": "yesterday"},
        {"q": "acacia", "limit": 101},
    ],
)
async def test_what_cannot_be_asked_is_a_problem(client, mint, parameters):
    key = mint(scopes=["address:read"], councils=["citytown"])
    response = await client.get(ADDRESSES, params=parameters, headers={"X-Api-Key": key})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"].startswith("query.")


@pytest.mark.parametrize(
    "typed", ["\x00\x01\x02", "'; DROP TABLE place; --", "🏠🏠🏠", "%%%", "a" * 200, "___"]
)
async def test_hostile_text_is_refused_or_finds_nothing(client, mint, typed):
    key = mint(scopes=["address:read"], councils=["citytown"])
    response = await client.get(ADDRESSES, params={"q": typed}, headers={"X-Api-Key": key})
    assert response.status_code == 400 or response.json() == {"items": []}


def test_a_point_is_read_in_metres_and_in_degrees():
    assert near_point.parse_point("375202.5,164718") == (375202.5, 164718.0)
    east, north = near_point.parse_point("-2.35775,51.38112")
    assert (round(east, -2), round(north, -2)) == (375200, 164700)


async def test_what_was_said_on_a_day_is_found(suggest, database):
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE place SET valid_from = '2020-02-29' WHERE uprn = 400"))
    assert [item.uprn for item in await suggest(q="zinc", as_of="2020-02-29")] == ["400"]
    assert await suggest(q="zinc", as_of="2020-02-28") == []
    assert [item.uprn for item in await suggest(q="147", as_of="2024-01-01")] == ["400"]
