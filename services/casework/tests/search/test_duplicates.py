"""Cases that are likely about the same: near in place and time, of a type that the type names."""

import math
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.search.rules import Site, make_box, rank_candidates

METRE = 1 / 111_195  # degrees of latitude
STREET = 44_000_001


@pytest.fixture
def spot(desk):
    """A place of this test's own."""
    lat, long = 51 + int(desk.uprn) % 900 / 100, -2.0

    def move(north=0, east=0, usrn=None):
        wide = METRE / math.cos(math.radians(lat))
        return {"lat": lat + north * METRE, "long": long + east * wide, "usrn": usrn}

    return move


async def list_duplicates(desk, case):
    response = await desk.get(f"cases/{case['id']}/duplicates")
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def test_nearby_cases_are_ranked_with_the_reason_in_words(desk, report, spot):
    uprn = int(desk.uprn)
    case = await report(location=spot(usrn=STREET), uprn=uprn)
    assert case["location"] == spot(usrn=STREET)
    same = await report(uprn=uprn)
    near = await report(location=spot(40))
    nearer = await report(location=spot(3, 4))
    street = await report(location=spot(500, usrn=STREET))
    await report(location=spot(70))
    await report(location=spot(59, 59))  # in the box, and further than 60 metres
    items = await list_duplicates(desk, case)
    assert [item["id"] for item in items] == [each["id"] for each in (same, nearer, near, street)]
    assert [item["metres"] for item in items] == [None, 5, 40, 500]
    assert items[1]["likeness"] == [
        {"reason": "near", "words": {"en": "5 metres away.", "cy": "5 metr i ffwrdd."}}
    ]
    assert [item["likeness"][0]["reason"] for item in items] == [
        *("same_property", "near", "near", "same_street")
    ]


async def test_what_would_be_a_duplicate_is_known_before_a_case_is_opened(desk, report, spot):
    case = await report(location=spot())
    for body, expected in (
        ({"location": spot(10)}, [case["id"]]),
        ({"location": spot(100)}, []),
        ({"uprn": int(desk.uprn)}, []),
    ):
        response = await desk.post("duplicate-searches", case_type="nuisance", **body)
        assert response.status_code == 200, response.text
        assert [item["id"] for item in response.json()["items"]] == expected
    assert (await desk.post("duplicate-searches", case_type="nothing", uprn=1)).status_code == 404
    for body in ({}, {"location": {"lat": 91, "long": 0}}, {"location": {"lat": "NaN", "long": 0}}):
        response = await desk.post("duplicate-searches", case_type="nuisance", **body)
        assert response.status_code == 400, response.text


async def test_a_search_may_be_of_cases_with_the_same_values(desk, report):
    uprn = int(desk.uprn)
    music = await report(uprn=uprn, street="Milsom Street", kinds=["music"])
    barking = await report(uprn=uprn, street="Milsom Street", kinds=["barking", "music"])

    async def search(**same):
        return await desk.post("duplicate-searches", case_type="nuisance", uprn=uprn, same=same)

    for same, expected in (
        ({}, [barking, music]),
        ({"street": "Milsom Street"}, [barking, music]),
        ({"kinds": ["barking"]}, [barking]),
        ({"street": "Milsom"}, []),
        ({"plate": "AB12CDE"}, []),
    ):
        response = await search(**same)
        assert [item["id"] for item in response.json()["items"]] == [each["id"] for each in expected]
    for name in ("who", "advice", "nothing"):
        response = await search(**{name: "x"})
        assert (response.status_code, response.json()["code"]) == (422, "field-not-open")
        assert response.json()["errors"][0]["field"] == f"body.same.{name}"


async def test_the_number_of_statements_does_not_grow_with_the_cases(desk, report, spot, statements):
    case, counts = await report(location=spot()), []
    for _ in range(3):
        statements.clear()
        await list_duplicates(desk, case)
        counts.append(len(statements))
        await report(location=spot(1))
        await report(location=spot(2))
    assert counts[1] == counts[2] <= 6, statements


async def test_a_type_names_other_types_and_for_how_many_days(desk, report, spot, now):
    old = await report(location=spot())
    now("2026-04-17T09:00:00Z")
    bins = await desk.open({"collection_day": "2026-04-16"}, location=spot())
    assert bins.status_code == 201, bins.text
    closed = (await desk.act(await report(location=spot()), "finish")).json()
    case = await report(location=spot())
    assert [item["id"] for item in await list_duplicates(desk, case)] == [bins.json()["id"], closed["id"]]
    # Missed bins name no other type.
    assert await list_duplicates(desk, bins.json()) == []
    assert [item["id"] for item in await list_duplicates(desk, old)] == [
        *(case["id"], bins.json()["id"], closed["id"])
    ]


async def test_strangers_and_other_roles_see_no_duplicate(desk, open_desk, report, spot, sign_in):
    uprn = int(desk.uprn)
    case = await report(location=spot(), uprn=uprn)
    await report(open_desk(council="hillshire"), location=spot(), uprn=uprn)
    await report(open_desk(mode="live"), location=spot(), uprn=uprn)
    assert await list_duplicates(desk, case) == []
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        assert (await stranger.get(f"cases/{case['id']}/duplicates")).status_code == 404
    search = {"case_type": "nuisance", "location": spot()}
    officer = await sign_in("officer-8", "officer")
    assert len((await officer.post("duplicate-searches", **search)).json()["items"]) == 1
    assert (await open_desk(["casework:act"]).post("duplicate-searches", **search)).status_code == 403


@given(
    st.floats(49, 61),
    st.floats(-9, 2),
    st.floats(0, 2 * math.pi),
    st.integers(1, 2000),
)
def test_a_box_holds_all_points_of_its_distance(lat, long, angle, metres):
    site = Site(lat=lat, long=long)
    north, east = math.cos(angle) * metres * 0.99, math.sin(angle) * metres * 0.99
    there_lat = lat + north * METRE
    there_long = long + east * METRE / math.cos(math.radians(lat))
    south, high, west, far = make_box(site, metres)
    assert south <= there_lat <= high
    assert west <= there_long <= far
    row = SimpleNamespace(
        id=UUID(int=1), uprn=None, usrn=None, lat=there_lat, long=there_long, closed_at=None
    )
    [match] = rank_candidates(site, [row], metres)
    assert abs(match.metres - 0.99 * metres) <= 1 + metres / 100
