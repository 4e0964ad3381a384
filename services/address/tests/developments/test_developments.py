"""Numbering a development: ranges of numbers, plots, flats and schemes; all of it or nothing."""

import asyncio

import pytest

from address.developments.schemas import Development
from address.loading.store import staged_csv
from chassis.testing import published
from services.address.tests.officers import UPRNS, USRNS, Officer, house

pytestmark = pytest.mark.usefixtures("gazetteer")
KEYS = ("name", "street", "postcode", "easting", "northing")


@pytest.fixture(scope="module")
async def officer(client, mint, gazetteer):
    officer = Officer(client, mint)
    # Numbers of the loaded gazetteer lie in the first range.
    spans = ({"first": 998, "last": 1030}, UPRNS)
    assert (await officer.allot(uprn=spans)).status_code == 200
    return officer


def plan(usrn, **values):
    return {
        "name": "Land off the street",
        "street": usrn,
        "postcode": "BA1 9ZZ",
        "easting": 375100.5,
        "northing": 165100.5,
        **values,
    }


async def street(officer, description):
    response = await officer.post(
        "/streets", {"description": description, "locality": "WALCOT", "town": "BATH"}
    )
    return response.json()["usrn"]


def scheme(**values):
    return {"side": "odd", "from": 1, "count": 3, **values}


async def test_without_a_range_nothing_is_given_and_the_way_is_told(client, mint):
    stranger = Officer(client, mint)
    await stranger.allot(uprn=[], usrn=[])
    created = await stranger.post("/streets", {"description": "NO NUMBER", "usrn": 91000090})
    assert created.status_code == 201
    for path, body in (
        ("/developments", plan(91000090, scheme=scheme())),
        ("/addresses", house(1, usrn=91000090)),
        ("/streets", {"description": "NOR THIS"}),
    ):
        response = await stranger.post(path, body)
        assert (response.status_code, response.json()["code"]) == (409, "no-range"), path
        assert "GeoPlace" in response.json()["detail"]


async def test_plots_get_numbers_and_flats_get_uprns_that_are_not_in_the_gazetteer(officer, database):
    usrn = await street(officer, "PLOT ROW")
    plots = [
        {"reference": "P1", "number": "1"},
        {"reference": "P2", "number": "1A", "easting": 375200},
        {"reference": "P3", "name": "THE MILL", "flats": ["FLAT 1", "FLAT 2"], "classification": "RD06"},
    ]
    before = len(await published(database))
    response = await officer.post("/developments", plan(usrn, plots=plots, classification="RD03"))
    assert response.status_code == 201, response.text
    development = Development.model_validate(response.json())
    assert [(property_.plot, property_.address) for property_ in development.properties] == [
        ("P1", "1 PLOT ROW, WALCOT, BATH, BA1 9ZZ"),
        ("P2", "1A PLOT ROW, WALCOT, BATH, BA1 9ZZ"),
        ("P3", "THE MILL, PLOT ROW, WALCOT, BATH, BA1 9ZZ"),
        ("P3", "FLAT 1, THE MILL, PLOT ROW, WALCOT, BATH, BA1 9ZZ"),
        ("P3", "FLAT 2, THE MILL, PLOT ROW, WALCOT, BATH, BA1 9ZZ"),
    ]
    # 1001 to 1013 are in the gazetteer.
    assert [property_.uprn for property_ in development.properties] == ["998", "999", "1000", "1014", "1015"]
    assert [property_.parent_uprn for property_ in development.properties] == [
        None,
        None,
        None,
        "1000",
        "1000",
    ]
    assert {property_.logical_status for property_ in development.properties} == {6}
    addresses = [
        (await officer.get(f"/addresses/{property_.uprn}")).json() for property_ in development.properties
    ]
    assert [address["classification"] for address in addresses] == ["RD03", "RD03", "PP", "RD06", "RD06"]
    assert [address["easting"] for address in addresses] == [375100.5, 375200, 375100.5, 375100.5, 375100.5]
    events = (await published(database))[before:]
    assert [(event.type, event.sequence) for event in events] == [("address.property.created.v1", 1)] * 5
    assert response.headers["Location"].endswith(f"/developments/{response.json()['id']}")
    assert (await officer.get(f"/developments/{response.json()['id']}")).json() == response.json()


async def test_a_scheme_numbers_one_side_and_leaves_out_what_it_is_told(officer):
    usrn = await street(officer, "SCHEME ROW")
    response = await officer.post("/developments", plan(usrn, scheme=scheme(**{"from": 9, "skip": [13]})))
    properties = response.json()["properties"]
    assert [property_["address"].split()[0] for property_ in properties] == ["9", "11", "15"]
    assert [property_["plot"] for property_ in properties] == ["PLOT 1", "PLOT 2", "PLOT 3"]
    even = await officer.post("/developments", plan(usrn, scheme=scheme(side="even", **{"from": 2})))
    assert [property_["address"].split()[0] for property_ in even.json()["properties"]] == ["2", "4", "6"]
    conflict = await officer.post(
        "/developments", plan(usrn, scheme=scheme(side="consecutive", **{"from": 5}))
    )
    assert (conflict.status_code, conflict.json()["code"]) == (409, "number-taken")
    assert conflict.json()["detail"].endswith(": 6.")


async def test_a_number_that_stands_on_the_street_is_refused_and_nothing_is_kept(officer, database):
    free = (await officer.get("/ranges")).json()["uprn"]
    before = len(await published(database))
    for plots in (
        [{"reference": "a", "number": "200"}, {"reference": "b", "number": "1"}],
        [{"reference": "a", "name": "mill  house"}],
        [{"reference": "a", "number": "300"}, {"reference": "b", "number": "300"}],
    ):
        response = await officer.post("/developments", plan("90000001", plots=plots))
        assert (response.status_code, response.json()["code"]) == (409, "number-taken")
    assert (await officer.get("/ranges")).json()["uprn"] == free
    assert len(await published(database)) == before


async def test_two_developments_at_once_share_no_uprn_and_no_number(officer):
    usrn = await street(officer, "RACE ROW")
    same = [plan(usrn, scheme=scheme(count=5)) for _ in range(3)]
    apart = [plan(usrn, scheme=scheme(count=5, **{"from": 101 + 20 * n})) for n in range(3)]
    responses = await asyncio.gather(*(officer.post("/developments", body) for body in same + apart))
    assert sorted(response.status_code for response in responses[:3]) == [201, 409, 409]
    assert [response.status_code for response in responses[3:]] == [201, 201, 201]
    properties = [
        property_
        for response in responses
        if response.status_code == 201
        for property_ in response.json()["properties"]
    ]
    assert (
        len({property_["uprn"] for property_ in properties})
        == len({property_["address"] for property_ in properties})
        == len(properties)
        == 20
    )


async def test_a_lost_answer_of_a_development_can_be_asked_for_again(officer):
    usrn = await street(officer, "ONCE ROW")
    body, key = plan(usrn, scheme=scheme()), {"Idempotency-Key": "once-row"}
    responses = await asyncio.gather(*(officer.post("/developments", body, **key) for _ in range(3)))
    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["id"] for response in responses}) == 1


async def test_while_a_file_is_loaded_nothing_large_is_begun_and_that_is_said(officer, database):
    async with database.writing("citytown") as session:
        await session.execute(staged_csv.LOCK, {"council": "citytown"})
        for request in (
            officer.post("/developments", plan("90000001", scheme=scheme(**{"from": 901}))),
            officer.patch("/streets/90000001", {"description": "NOT NOW"}),
            officer.retire("1012"),
        ):
            response = await request
            assert (response.status_code, response.json()["code"]) == (409, "load-running")
        moved = await officer.patch("/addresses/1012", {"building_name": "AS EVER"})
        assert moved.status_code == 200


async def test_a_range_that_does_not_hold_all_gives_none(officer):
    usrn = await street(officer, "BIG ROW")
    response = await officer.post("/developments", plan(usrn, scheme=scheme(side="consecutive", count=1000)))
    assert (response.status_code, response.json()["code"]) == (409, "range-exhausted")
    free = sum(range_["free"] for range_ in (await officer.get("/ranges")).json()["uprn"])
    assert f"{free} left" in response.json()["detail"]
    assert (await officer.get("/streets", q="big row")).json()["items"][0]["usrn"] == usrn


async def test_a_development_is_approved_in_one_go(officer, database):
    usrn = await street(officer, "APPROVED ROW")
    development = (await officer.post("/developments", plan(usrn, scheme=scheme()))).json()
    uprns = [property_["uprn"] for property_ in development["properties"]]
    await officer.retire(uprns[1])
    path = f"/developments/{development['id']}"
    before = len(await published(database))
    missing = await officer.post(f"{path}/approve", {})
    assert missing.status_code == 428
    response = await officer.post(f"{path}/approve", {"state": 2}, of=path)
    assert response.status_code == 200
    approved = response.json()
    assert [property_["logical_status"] for property_ in approved["properties"]] == [1, 8, 1]
    assert (approved["version"], approved["approved_at"] is None) == (2, False)
    events = (await published(database))[before:]
    assert [(event.subject, event.data["changed"]) for event in events] == [
        (uprn, ["logical_status", "state"]) for uprn in (uprns[0], uprns[2])
    ]
    names = (await officer.get(f"/addresses/{uprns[0]}/names")).json()["items"]
    assert [name["logical_status"] for name in names] == [1]
    again = await officer.post(f"{path}/approve", {}, of=path)
    assert (again.status_code, again.json()["version"]) == (200, 2)


async def test_developments_are_listed_the_latest_first_in_pages(officer):
    developments, after = [], None
    while True:
        page = (await officer.get("/developments", limit=2, **({"after": after} if after else {}))).json()
        developments += page["items"]
        after = page["next"]
        if after is None:
            break
    assert len({development["id"] for development in developments}) == len(developments) >= 5
    assert [development["id"] for development in developments] == sorted(
        (development["id"] for development in developments), reverse=True
    )
    assert all(development["properties"] >= 3 for development in developments)
    for cursor in ("WyJ4Il0", "WzFd", "%00"):
        assert (await officer.get("/developments", after=cursor)).status_code == 400


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"scheme": scheme(), "plots": [{"reference": "a", "number": "1"}]},
        {"scheme": scheme(side="left")},
        {"scheme": scheme(side="even")},
        {"scheme": scheme(count=0)},
        {"scheme": scheme(count=1001)},
        {"scheme": scheme(**{"from": 9999})},
        {"scheme": scheme(skip=["x"])},
        {"plots": [{"reference": "a"}]},
        {"plots": [{"reference": "a", "number": "9-1"}]},
        {"plots": [{"reference": "a", "number": "1"}, {"reference": "A", "number": "3"}]},
        {"plots": [{"reference": "a", "number": "1", "flats": ["F", "f"]}]},
        {"plots": [{"reference": "a", "number": "1", "classification": "XX99"}]},
        {"plots": [{"reference": "\x00", "number": "1"}]},
        {"plots": [{"reference": "a", "number": "1", "flats": ["F"] * 501}]},
        {"scheme": scheme(), "name": "A\x00"},
        {"scheme": scheme(), "street": 12345678},
        {"scheme": scheme(), "postcode": "nowhere"},
        {"scheme": scheme(), "easting": "far"},
        {"scheme": scheme(), "approved": True},
    ],
)
async def test_a_development_that_cannot_be_is_refused(officer, values):
    response = await officer.post("/developments", plan("90000002", **values))
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request"), response.text


async def test_a_development_is_nobodys_elses(officer, client, mint):
    development_id = (await officer.get("/developments")).json()["items"][0]["id"]
    headers = {"Authorization": f"Bearer {mint(scopes=['address:read'], councils=['hillshire'])}"}
    url = f"/hillshire/address/v1/developments/{development_id}"
    assert (await client.get(url, headers=headers)).status_code == 404
    assert (await officer.get("/developments/" + "0" * 26)).status_code == 404
    assert (await officer.get("/developments/x")).status_code == 400
    reader = Officer(client, mint, scopes=["address:read"])
    assert (await reader.post("/developments", plan("90000001", scheme=scheme()))).status_code == 403


async def test_ranges_are_set_by_who_may_load_and_has_seen_them(officer, client, mint):
    writer = Officer(client, mint, scopes=["address:read", "address:write"])
    assert (await writer.allot()).status_code == 403
    body = {"uprn": [UPRNS], "usrn": [USRNS]}
    url = "/citytown/address/v1/ranges"
    assert (await client.put(url, json=body, headers=officer.headers)).status_code == 428
    stale = await client.put(url, json=body, headers=officer.headers | {"If-Match": '"999"'})
    assert stale.status_code == 412


@pytest.mark.parametrize(
    "span",
    [
        {"first": 2, "last": 1},
        {"first": 0, "last": 1},
        {"first": 1, "last": 10**12},
        {"first": 1},
        {"first": "x", "last": 2},
        [1, 2],
    ],
)
async def test_a_range_that_cannot_be_is_refused(officer, span):
    assert (await officer.allot(uprn=[span])).status_code == 400


async def test_ranges_that_overlap_are_refused_also_with_another_councils(officer, client, mint):
    overlapping = [{"first": 5_000_000, "last": 5_000_010}, {"first": 5_000_010, "last": 5_000_020}]
    assert (await officer.allot(uprn=overlapping)).status_code == 400
    headers = {"Authorization": f"Bearer {mint(scopes=['address:load'], councils=['hillshire'])}"}
    body = {"uprn": [{"first": 900_500, "last": 901_500}], "usrn": []}
    response = await client.put(
        "/hillshire/address/v1/ranges", json=body, headers=headers | {"If-Match": '"0"'}
    )
    assert (response.status_code, response.json()["code"]) == (409, "range-taken")


async def test_numbers_once_given_are_not_given_again_when_ranges_are_set_anew(officer):
    usrn = await street(officer, "AFTER ROW")
    first = (await officer.post("/developments", plan(usrn, scheme=scheme(count=2)))).json()["properties"]
    assert (await officer.allot(uprn=[UPRNS])).status_code == 200
    body = plan(usrn, scheme=scheme(count=2, **{"from": 51}))
    second = (await officer.post("/developments", body)).json()["properties"]
    assert len({property_["uprn"] for property_ in first + second}) == 4
