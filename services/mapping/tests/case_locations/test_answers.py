"""Each case that is opened is answered once; open cases near a point are listed while they are open."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from mapping.events import (
    CaseChanged,
    CaseClosed,
    CaseDisposed,
    CaseOpened,
    PropertyCreated,
    StreetCreated,
)
from mapping.shared.coordinates import to_wgs84
from services.mapping.tests.layer_world import GRIT_BINS, WARDS, bin_at, clear, publish, square

NEAR = "/citytown/mapping/v1/open-cases"
E, N = 375_500, 165_500
_ANSWERS = text("""SELECT envelope::json AS envelope FROM outbox
    WHERE nats_subject LIKE '%.mapping.location.resolved' ORDER BY id""")
_ROWS = text("SELECT * FROM case_location WHERE case_id = :case")
_PLACE = {"reference": "HF7K-2P9Q-XBC", "is_public": True, "uprn": None, "usrn": None}


@pytest.fixture(scope="module", autouse=True)
async def layers(database):
    """Two wards that meet, and a grit bin, in citytown."""
    await clear(database)
    await publish(
        database, "citytown", WARDS, [square("E2", 375_000, 165_000), square("E1", 374_000, 165_000)]
    )
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, E + 30, N), bin_at(2, E + 90, N)])


@pytest.fixture
def send_event(deliver):
    """Deliver an event of a case; None for a member leaves it out."""

    async def send_event(case, view=CaseOpened, sequence=1, council="citytown", **data):
        values = {"case": case, "mode": "sandbox", **data}
        outcome = await deliver(
            view, envelope={"subject": case}, council=council, sequence=sequence, **values
        )
        assert outcome.state == "processed", outcome

    return send_event


@pytest.fixture
def open_at(send_event):
    """Open a case at a place in metres."""

    async def open_at(easting=E, northing=N, case=None, **data):
        case = case or ids.show(ids.new())
        lon, lat = to_wgs84(easting, northing)
        await send_event(case, **{**_PLACE, "lat": float(lat), "long": float(lon), **data})
        return case

    return open_at


@pytest.fixture
def answers(database, run_jobs):
    """Run what waits, and return the answers of a case."""

    async def answers(case, *, after=None):
        await run_jobs() if after is None else await run_jobs(after=after)
        async with database.reading() as session:
            rows = [row.envelope for row in await session.all(_ANSWERS)]
        envelopes = [row if isinstance(row, dict) else json.loads(row) for row in rows]
        return [each for each in envelopes if each["subject"] == case]

    return answers


async def test_a_case_is_answered_once_with_its_ward_and_what_is_near(open_at, answers):
    case = await open_at()
    await open_at(case=case)  # another event of the same opening
    [answer] = await answers(case)
    data = answer["data"]
    assert (answer["council"], answer["sequence"], data["case"]) == ("citytown", 1, case)
    assert data["areas"] == [{"collection": "wards", "kind": "ward", "name": "Ward E2", "code": "E2"}]
    assert [(asset["id"], asset["distance_m"]) for asset in data["assets"]] == [("GB-1", 30.0)]
    assert (data["place"], data["easting"], data["northing"], data["inside"]) == ("point", E, N, "unknown")
    assert data["searched"] == {"wards": 1, "grit-bins": 1}
    assert len(await answers(case)) == 1


async def test_on_a_border_the_ward_with_the_smaller_code_comes_first(open_at, answers):
    [answer] = await answers(await open_at(375_000))
    assert [area["code"] for area in answer["data"]["areas"]] == ["E1", "E2"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"lat": None, "long": None}, ("none", None, [])),
        ({"lat": 53.0, "long": 4.0}, ("point", None, [])),  # in the sea
        ({"lat": 51.5, "long": -0.12}, ("point", 530_589, [])),  # in Great Britain, in no layer
        ({"lat": None, "long": None, "usrn": "20601234"}, ("street", None, [])),
    ],
)
async def test_a_place_that_is_outside_or_not_known_is_answered_too(open_at, answers, place, expected):
    [answer] = await answers(await open_at(**place))
    data = answer["data"]
    assert (data["place"], data["easting"], data["areas"]) == expected
    assert data["assets"] == []


async def test_a_property_that_comes_after_its_case_is_waited_for(open_at, answers, deliver):
    case = await open_at(lat=None, long=None, uprn="100012345678")
    assert await answers(case) == []
    await deliver(
        PropertyCreated, envelope={"subject": "100012345678"}, uprn="100012345678", easting=E, northing=N
    )
    [answer] = await answers(case, after=timedelta(seconds=20))
    assert (answer["data"]["place"], answer["data"]["areas"][0]["code"]) == ("property", "E2")


async def test_a_case_that_names_a_street_alone_is_where_that_is(open_at, answers, deliver):
    street = {"usrn": "20601299", "easting": E, "northing": N}
    outcome = await deliver(StreetCreated, envelope={"subject": "20601299"}, **street)
    assert outcome.state == "processed", outcome
    [answer] = await answers(await open_at(lat=None, long=None, usrn="20601299"))
    assert (answer["data"]["place"], answer["data"]["areas"][0]["code"]) == ("street", "E2")
    assert answer["data"]["street"]["usrn"] == "20601299"


async def test_a_property_that_nobody_knows_is_answered_in_the_end(open_at, answers):
    case = await open_at(lat=None, long=None, uprn="100099999999")
    for _ in range(3):
        latest = await answers(case, after=timedelta(minutes=1))
    [answer] = latest
    assert (answer["data"]["place"], answer["data"]["areas"]) == ("property", [])


async def test_a_case_that_is_erased_or_of_another_council_has_no_answer_here(
    open_at, answers, send_event, database
):
    case = await open_at()
    await send_event(case, CaseDisposed, 3)
    assert await answers(case) == []
    foreign = ids.show(ids.new())
    await send_event(foreign, council="hillshire", **_PLACE, lat=51.38, long=-2.35)
    [answer] = await answers(foreign)
    assert (answer["council"], answer["data"]["areas"]) == ("hillshire", [])


@pytest.fixture
def near(client, mint):
    """List open cases near the point, as staff or with other scopes, mode and council."""

    async def near(*scopes, within=50, path=NEAR, **claims):
        token = mint(scopes=["mapping:read", *scopes], councils=[path.split("/")[1]], **claims)
        params = {"point": f"{E},{N}", "within": within}
        response = await client.get(path, params=params, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 200, response.text
        return response.json()["items"]

    return near


@pytest.fixture
async def no_cases(database):
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM case_location"))


@pytest.mark.usefixtures("no_cases")
async def test_open_cases_near_a_point_are_listed_while_they_are_open(open_at, answers, send_event, near):
    case = await open_at(E + 40, N)
    await open_at(E + 60, N)
    await open_at(E + 36, N + 36)  # in the square, and not in the circle
    await answers(await open_at(E, N + 10, case_type="pothole"))
    listed = await near("mapping:staff")
    assert [(item["case_type"], item["distance_m"]) for item in listed] == [
        ("pothole", 10.0), ("missed-bin", 40.0),
    ]  # fmt: skip
    assert [item["reference"] for item in listed] == ["HF7K-2P9Q-XBC"] * 2
    assert {item["reference"] for item in await near()} == {None}
    await send_event(case, CaseClosed, 5)
    await send_event(case, CaseChanged, 4)  # late
    assert [item["case_type"] for item in await near()] == ["pothole"]
    await send_event(case, CaseChanged, 6)  # opened again
    assert len(await near()) == 2
    await send_event(case, CaseDisposed, 7)
    assert len(await near()) == 1
    assert await near(mode="live") == []
    assert await near(path=NEAR.replace("citytown", "hillshire")) == []


@pytest.mark.usefixtures("no_cases")
async def test_a_look_up_has_the_open_cases_near_if_one_asks(open_at, answers, client, mint):
    await open_at(E + 60, N)
    await open_at(E, N + 5, is_public=False)
    await answers(await open_at(E + 40, N))

    async def locate(*scopes, council="citytown", mode="sandbox", **params):
        token = mint(scopes=["mapping:read", *scopes], councils=[council], mode=mode)
        headers = {"Authorization": f"Bearer {token}"}
        url = f"/{council}/mapping/v1/locate"
        answer = await client.get(url, params={"point": f"{E},{N}", **params}, headers=headers)
        return answer.json()["open_cases"]

    case = {"case_type": "missed-bin", "reference": None, "distance_m": 40.0}
    assert await locate() is None
    assert await locate(open_cases="true") == [case]
    assert await locate("mapping:staff", open_cases="true") == [{**case, "reference": "HF7K-2P9Q-XBC"}]
    assert await locate(open_cases="true", mode="live") == []
    assert await locate(open_cases="true", council="hillshire") == []


@pytest.mark.usefixtures("no_cases")
async def test_a_case_that_is_not_for_public_maps_is_answered_and_its_place_forgotten(
    open_at, answers, near, database
):
    case = await open_at(is_public=False, uprn="100012345670", usrn="20601234")
    assert len(await answers(case)) == 1
    assert await near("mapping:staff", "mapping:restricted") == []
    async with database.reading("citytown") as session:
        row = await session.first(_ROWS, {"case": ids.read(case)})
    assert {row.lon, row.lat, row.uprn, row.usrn, row.easting, row.northing} == {None}


@pytest.mark.usefixtures("no_cases")
async def test_a_case_whose_end_is_heard_of_first_is_answered_and_not_listed(
    open_at, answers, send_event, near
):
    case = ids.show(ids.new())
    await send_event(case, CaseClosed, 5)
    await open_at(case=case)
    assert len(await answers(case)) == 1
    assert await near() == []


async def test_open_cases_are_for_those_who_may_read_maps_here(client, mint):
    for headers, status in ({}, 401), ({"Authorization": f"Bearer {mint(scopes=['address:read'])}"}, 403):
        response = await client.get(NEAR, params={"point": f"{E},{N}"}, headers=headers)
        assert response.status_code == status
    headers = {"Authorization": f"Bearer {mint(scopes=['mapping:read'])}"}
    for params in (
        {"point": "x"},
        {"point": f"{E},{N}", "within": 501},
        {"point": f"{E},{N}", "limit": 0},
        {},
    ):
        assert (await client.get(NEAR, params=params, headers=headers)).status_code == 400


async def test_every_event_of_a_case_is_taken(deliver, layers):
    case = ids.show(ids.new())
    values = {"envelope": {"subject": case}, "council": "citytown", "case": case, "mode": "sandbox"}
    outcomes = [
        await deliver(CaseOpened, sequence=1, **values, **_PLACE),
        await deliver(CaseChanged, sequence=2, **values),
        await deliver(CaseClosed, sequence=3, **values),
        await deliver(CaseDisposed, sequence=4, **values),
    ]
    assert [outcome.state for outcome in outcomes] == ["processed"] * 4
