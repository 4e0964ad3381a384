"""Street naming: new streets, other names with all their addresses, the end of a street, and past days."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from address.streets.schemas import Street
from chassis.testing import published
from services.address.tests.officers import Officer, house, let_days_pass

pytestmark = pytest.mark.usefixtures("gazetteer")
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
async def officer(client, mint, gazetteer):
    officer = Officer(client, mint)
    assert (await officer.allot()).status_code == 200
    return officer


async def street(officer, description, **values):
    response = await officer.post("/streets", {"description": description, "town": "BATH", **values})
    assert response.status_code == 201, response.text
    return response.json()["usrn"]


async def test_a_street_is_entered_with_the_councils_next_number(officer, database):
    body = {"description": "NEW  ROW", "locality": "WALCOT", "town": "BATH", "state": 1}
    response = await officer.post(
        "/streets", {**body, "welsh": {"description": "RHES NEWYDD", "town": "CAERFADDON"}}
    )
    assert response.status_code == 201
    created = Street.model_validate(response.json())
    assert (created.usrn, created.version, created.description) == ("91000001", 1, "NEW ROW")
    assert created.welsh is not None
    assert (created.welsh.description, created.welsh.town, created.gaelic) == (
        "RHES NEWYDD",
        "CAERFADDON",
        None,
    )
    assert response.headers["Location"].endswith("/streets/91000001")
    assert (await officer.get("/streets/91000001")).json() == response.json()
    event = (await published(database))[-1]
    assert (event.type, event.subject, event.sequence) == ("address.street.created.v1", "91000001", 1)
    assert event.data == {
        "usrn": "91000001",
        "description": "NEW ROW",
        "locality": "WALCOT",
        "town": "BATH",
        "easting": None,
        "northing": None,
    }


async def test_a_street_of_the_same_name_in_the_same_place_is_refused(officer):
    await street(officer, "ECHO LANE", locality="WESTON")
    again = await officer.post("/streets", {"description": "echo lane", "locality": "Weston", "town": "BATH"})
    assert (again.status_code, again.json()["code"]) == (409, "street-name-taken")
    elsewhere = {"description": "ECHO LANE", "locality": "TWERTON", "town": "BATH"}
    assert (await officer.post("/streets", elsewhere)).status_code == 201


async def test_of_two_who_enter_one_street_at_once_one_may(officer):
    body = {"description": "RACE COURSE", "town": "BATH"}
    responses = await asyncio.gather(*(officer.post("/streets", body) for _ in range(4)))
    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409]


async def test_a_usrn_that_was_used_is_never_given_again(officer):
    usrn = await street(officer, "SHORT LIFE", usrn=91000050)
    assert (await officer.post(f"/streets/{usrn}/close", {}, of=f"/streets/{usrn}")).status_code == 200
    response = await officer.post("/streets", {"description": "ANOTHER LIFE", "usrn": usrn})
    assert (response.status_code, response.json()["code"]) == (409, "usrn-used")


async def test_another_name_is_the_name_in_every_address(officer, database):
    before = len(await published(database))
    response = await officer.patch("/streets/90000005", {"description": "QUINCE LANE"})
    assert (response.status_code, response.json()["version"]) == (200, 2)
    address = (await officer.get("/addresses/5120")).json()
    assert (address["address"], address["version"]) == ("120 QUINCE LANE, WALCOT, BATH, BA2 9ZZ", 2)
    items = (await officer.get("/addresses", q="120 quince lane")).json()["items"]
    assert items[0]["uprn"] == "5120"
    assert (await officer.get("/addresses", q="120 long lane")).json()["items"] == []
    events = (await published(database))[before:]
    assert (events[0].type, events[0].data["changed"]) == ("address.street.changed.v1", ["description"])
    assert len(events) == 251
    assert {event.type for event in events[1:]} == {"address.property.changed.v1"}
    assert {(event.sequence, *event.data["changed"]) for event in events[1:]} == {(2, "street")}
    history = (await officer.get("/addresses/5120/history")).json()["items"][0]
    assert (history["changes"], history["actor"]) == ({"street": ["LONG LANE", "QUINCE LANE"]}, "officer-7")


async def test_what_is_retired_keeps_the_streets_name_of_its_time(officer):
    usrn = await street(officer, "OLD NAME")
    uprns = [(await officer.post("/addresses", house(n, usrn=usrn))).json()["uprn"] for n in (1, 2)]
    await officer.retire(uprns[0])
    await officer.patch(f"/streets/{usrn}", {"description": "NEW NAME"})
    streets = [(await officer.get(f"/addresses/{uprn}")).json()["street"] for uprn in uprns]
    assert streets == ["OLD NAME", "NEW NAME"]


async def test_a_street_is_shown_as_it_was_on_a_day(officer, postgres_url, database_url):
    usrn = await street(officer, "FIRST NAME")
    await let_days_pass(postgres_url, database_url, 10)
    await officer.patch(f"/streets/{usrn}", {"description": "SECOND NAME", "state": 2})
    await officer.patch(f"/streets/{usrn}", {"welsh": {"description": "AIL ENW"}})
    await let_days_pass(postgres_url, database_url, 5)
    await officer.post(f"/streets/{usrn}/close", {}, of=f"/streets/{usrn}")
    states = {}
    for ago in (0, 1, 5, 6, 15):
        day = str(TODAY - timedelta(days=ago))
        street_ = (await officer.get(f"/streets/{usrn}", as_of=day)).json()
        listed = (await officer.get("/streets", as_of=day, limit=100)).json()["items"]
        assert street_ in listed
        welsh = street_["welsh"] and street_["welsh"]["description"]
        states[ago] = (
            street_["description"],
            street_["state"],
            street_["version"],
            welsh,
            street_["end_date"],
        )
    assert states[0] == ("SECOND NAME", 4, 4, "AIL ENW", str(TODAY))
    assert states[1] == states[5] == ("SECOND NAME", 2, 3, "AIL ENW", None)
    assert states[6] == states[15] == ("FIRST NAME", 1, 1, None, None)
    early = await officer.get(f"/streets/{usrn}", as_of=str(TODAY - timedelta(days=16)))
    assert early.status_code == 404
    assert str(TODAY - timedelta(days=15)) in early.json()["detail"]
    listed = (await officer.get("/streets", as_of=str(TODAY - timedelta(days=16)))).json()["items"]
    assert usrn not in [item["usrn"] for item in listed]


async def test_a_street_is_closed_only_when_nothing_stands_on_it(officer, database):
    usrn = await street(officer, "EMPTYING ROW")
    uprn = (await officer.post("/addresses", house(1, usrn=usrn))).json()["uprn"]
    refused = await officer.post(f"/streets/{usrn}/close", {}, of=f"/streets/{usrn}")
    assert (refused.status_code, refused.json()["code"]) == (409, "has-live-properties")
    await officer.retire(uprn)
    closed = await officer.post(f"/streets/{usrn}/close", {}, of=f"/streets/{usrn}")
    assert (closed.json()["state"], closed.json()["end_date"]) == (4, str(TODAY))
    event = (await published(database))[-1]
    assert (event.type, event.subject) == ("address.street.retired.v1", usrn)
    again = await officer.post(f"/streets/{usrn}/close", {}, of=f"/streets/{usrn}")
    assert (again.status_code, again.json()["code"]) == (409, "street-closed")
    changed = await officer.patch(f"/streets/{usrn}", {"description": "X"})
    assert (changed.status_code, changed.json()["code"]) == (409, "street-closed")
    moved = await officer.patch("/addresses/1001", {"usrn": usrn})
    assert (moved.status_code, "closed" in moved.json()["detail"]) == (400, True)


async def test_a_property_put_on_a_street_while_it_is_closed_is_never_left_on_it(officer):
    for n in range(5):
        usrn = await street(officer, f"VANISHING {n}")
        closed, moved = await asyncio.gather(
            officer.post(f"/streets/{usrn}/close", {}, of=f"/streets/{usrn}"),
            officer.patch(f"/addresses/{1002 + n}", {"usrn": usrn}),
        )
        assert {closed.status_code, moved.status_code} in ({200, 400}, {409, 200}), (closed.text, moved.text)


async def test_streets_are_listed_in_pages_and_by_part_of_a_name(officer):
    usrns, after = [], None
    while True:
        page = (await officer.get("/streets", limit=3, **({"after": after} if after else {}))).json()
        usrns += [int(item["usrn"]) for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert usrns == sorted(set(usrns))
    assert {90000001, 90000005, 91000001} <= set(usrns)
    streets = (await officer.get("/streets", q="acac")).json()["items"]
    assert [street_["description"] for street_ in streets] == ["ACACIA ROAD"]
    welsh = (await officer.get("/streets", q="rhes newydd")).json()["items"]
    assert [street_["usrn"] for street_ in welsh] == ["91000001"]
    for hostile in ("%%", "__", "\\\\", "';--", "\x00\x00", "😀😀"):
        response = await officer.get("/streets", q=hostile)
        assert response.status_code in {200, 400}
        assert response.json().get("items", []) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"description": None}, "description"),
        ({"description": ""}, "description"),
        ({"description": "X" * 101}, "description"),
        ({"description": "A\x00"}, "description"),
        ({"state": 4}, "state"),
        ({"classification": 7}, "classification"),
        ({"welsh": {"town": "X"}}, "description"),
        ({"welsh": "X"}, "welsh"),
        ({"usrn": 5}, "usrn"),
        ({"version": 5}, "version"),
    ],
)
async def test_a_street_that_cannot_be_is_refused_with_its_field(officer, body, field):
    response = await officer.patch("/streets/90000002", body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
    assert response.json()["errors"][0]["field"].split(".")[-1] == field
    assert (await officer.get("/streets/90000002")).json()["version"] == 1


async def test_a_streets_change_needs_its_version_its_scope_and_the_street(officer, client, mint):
    headers = officer.headers
    url = "/citytown/address/v1/streets/90000002"
    missing = await client.patch(url, json={"state": 2}, headers=headers)
    assert missing.status_code == 428
    stale = await client.patch(url, json={"state": 2}, headers=headers | {"If-Match": '"7"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"1"')
    reader = Officer(client, mint, scopes=["address:read"])
    assert (await reader.patch("/streets/90000002", {"state": 2})).status_code == 403
    for path in ("/streets/12345678", "/streets/12345678/history"):
        assert (await officer.get(path)).status_code == 404
    assert (await officer.patch("/streets/12345678", {"state": 2})).status_code == 404
    assert (await officer.get("/streets/0")).status_code == 400


async def test_who_changed_a_street_is_told_the_latest_first(officer):
    usrn = await street(officer, "TOLD STREET")
    await officer.patch(f"/streets/{usrn}", {"locality": "TWERTON"})
    entries = (await officer.get(f"/streets/{usrn}/history")).json()["items"]
    assert [(entry["version"], entry["kind"], entry["changes"]) for entry in entries] == [
        (2, "changed", {"locality": [None, "TWERTON"]}),
        (1, "created", None),
    ]


async def test_a_change_that_changes_nothing_makes_no_version_of_a_street(officer, database):
    before = len(await published(database))
    response = await officer.patch("/streets/90000003", {"description": "FIRST AVENUE"})
    assert (response.status_code, response.json()["version"]) == (200, 1)
    assert len(await published(database)) == before


async def test_a_street_is_not_entered_twice_when_its_answer_was_lost(officer):
    body, key = {"description": "ONCE ONLY", "town": "BATH"}, {"Idempotency-Key": "street-1"}
    first, again = await officer.post("/streets", body, **key), await officer.post("/streets", body, **key)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
