"""Mapping's events give postcodes their areas, with the generation of the layers."""

import pytest
from sqlalchemy import text

from address.events import OutcodeLocated
from chassis import ids

BASE = "/citytown/address"
WARD, PARISH = "E05012445", "E04000979"
AREAS = [
    {"kind": "ward", "code": WARD, "name": "Kingsmead"},
    {"kind": "parish", "code": PARISH, "name": "Newton"},
    {"kind": "county", "code": "E10000027", "name": "Somerset"},
    {"kind": "constituency", "code": "E14001084", "name": "Bath"},
    {"kind": "galaxy", "code": "E99000001", "name": "A kind of later"},
]


@pytest.fixture(autouse=True)
async def nothing(database):
    """Forget what consumers of the tests before wrote."""
    async with database.writing() as session:
        for table in ("postcode_area", "outcode_area"):
            await session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def locate(deliver):
    """Deliver what mapping says of BA2."""
    subject = ids.show(ids.new())

    async def locate(sequence=1, postcodes=None, state="processed", **data):
        values = {"outcode": "BA2", "areas": AREAS, "searched": {"wards": sequence}, **data}
        values["postcodes"] = {"9ZZ": [0, 1, 2, 3, 4]} if postcodes is None else postcodes
        options = {name: values.pop(name) for name in ("council", "snapshot") if name in values}
        outcome = await deliver(
            OutcodeLocated, envelope={"subject": subject}, sequence=sequence, **options, **values
        )
        assert outcome.state == state, outcome
        return outcome

    return locate


@pytest.fixture
def read_place(client, gazetteer):
    """Read BA2 9ZZ as clients of postcodes.io do."""

    async def read_place(council="citytown"):
        answer = await client.get(f"/{council}/address/postcodes-io/postcodes/BA2%209ZZ")
        return answer.json().get("result")

    return read_place


@pytest.fixture
def read_areas(client, mint, gazetteer):
    async def read_areas(postcode="BA2 9ZZ", council="citytown", scopes=("address:read",)):
        token = mint(scopes=list(scopes), councils=[council])
        url = f"/{council}/address/v1/postcodes/{postcode}/areas"
        return await client.get(url, headers={"Authorization": f"Bearer {token}"})

    return read_areas


async def test_a_postcode_has_the_codes_and_names_of_its_areas(locate, read_place):
    await locate()
    place = await read_place()
    codes = place["codes"]
    assert (place["admin_ward"], place["parish"], codes["admin_ward"], codes["parish"]) == (
        "Kingsmead",
        "Newton",
        WARD,
        PARISH,
    )
    assert (place["admin_county"], codes["admin_county"]) == ("Somerset", "E10000027")
    assert (place["parliamentary_constituency"], codes["parliamentary_constituency"]) == ("Bath", "E14001084")
    assert (place["ced"], codes["ced"]) == (None, None)
    assert place["admin_district"] is not None


async def test_they_come_with_their_generation(locate, read_areas):
    await locate(sequence=4)
    answer = (await read_areas("ba29zz")).json()
    assert (answer["postcode"], answer["generation"]) == ("BA2 9ZZ", {"wards": 4})
    assert answer["as_of"] == "2026-12-01T09:00:00Z"
    assert {"kind": "ward", "code": WARD, "name": "Kingsmead"} in answer["areas"]


async def test_the_next_event_of_an_outcode_is_its_whole_state(locate, read_place, read_areas):
    await locate()
    await locate(2, areas=[{**AREAS[0], "code": "E05999999", "name": "Newer"}], postcodes={"9ZZ": [0]})
    place = await read_place()
    assert (place["codes"]["admin_ward"], place["admin_ward"]) == ("E05999999", "Newer")
    assert place["codes"]["admin_county"] is None
    await locate(3, postcodes={})
    assert (await read_areas()).json()["areas"] == []


async def test_a_late_or_repeated_event_changes_nothing(locate, read_areas):
    await locate(5)
    before = (await read_areas()).json()
    for late in (4, 5):
        await locate(late, areas=[], postcodes={})
    assert (await read_areas()).json() == before


async def test_a_snapshot_sets_an_outcode_whatever_its_sequence(locate, read_areas):
    await locate(9)
    await locate(3, snapshot=True)
    assert (await read_areas()).json()["generation"] == {"wards": 3}


async def test_another_council_sees_nothing_of_it(locate, read_place, read_areas):
    await locate(council="hillshire")
    assert (await read_areas()).json()["areas"] == []
    assert (await read_place("sleepton")) is None
    await locate(2, council="citytown")
    await locate(3, council="hillshire", postcodes={})
    assert len((await read_areas()).json()["areas"]) == len(AREAS)


@pytest.mark.parametrize(
    "forged",
    [
        {"postcodes": {"9ZZ": [len(AREAS)]}},
        {"postcodes": {"BA1 9ZZ": [0]}},
        {"areas": [{**AREAS[0], "code": "'; DROP"}]},
        {"outcode": "BA2 9"},
    ],
    ids=["no such area", "of another outcode", "no code", "no outcode"],
)
async def test_a_forged_event_is_a_dead_letter(locate, read_areas, forged):
    await locate()
    before = (await read_areas()).json()
    await locate(2, state="dead-letter", **forged)
    assert (await read_areas()).json() == before


async def test_an_unknown_postcode_is_404_and_a_stranger_sees_none(read_areas):
    assert (await read_areas("ZZ1 1ZZ")).status_code == 404
    assert (await read_areas("nonsense")).status_code == 400
    assert (await read_areas(scopes=("mapping:read",))).status_code == 403
