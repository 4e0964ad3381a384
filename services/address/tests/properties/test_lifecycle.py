"""A property from its beginning to its end: entering, changing and retiring it, on any day, by anybody."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from address.properties.schemas.properties import Address
from chassis.testing import published
from services.address.tests.officers import Officer, house, let_days_pass

pytestmark = pytest.mark.usefixtures("gazetteer")
BEYOND = "WzEwMDAwMDAwMDAwMDAwMDAwMDAwXQ"  # a cursor after 10**19
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
async def officer(client, mint, gazetteer):
    """An officer of a council that has its number ranges."""
    officer = Officer(client, mint)
    assert (await officer.allot()).status_code == 200
    return officer


@pytest.fixture
def days_pass(postgres_url, database_url):
    return lambda days: let_days_pass(postgres_url, database_url, days)


async def enter_property(officer, number, **values):
    response = await officer.post("/addresses", house(number, **values))
    assert response.status_code == 201, response.text
    return response.json()["uprn"]


async def test_a_property_is_entered_provisional_with_the_councils_next_number(officer, database):
    response = await officer.post("/addresses", house("201", organisation="ACME"))
    assert response.status_code == 201
    address = Address.model_validate(response.json())
    assert (address.uprn, address.version, address.logical_status) == ("900001", 1, 6)
    assert address.address == "ACME, 201 ACACIA ROAD, WALCOT, BATH, BA1 5AA"
    assert response.headers["Location"] == f"/citytown/address/v1/addresses/{address.uprn}"
    assert (await officer.get(f"/addresses/{address.uprn}")).json() == response.json()
    event = (await published(database))[-1]
    assert (event.type, event.subject, event.sequence) == ("address.property.created.v1", address.uprn, 1)
    assert event.data["logical_status"] == 6
    items = (await officer.get("/addresses", q="201 acacia")).json()["items"]
    assert [item["uprn"] for item in items] == [address.uprn]


async def test_a_lost_answer_can_be_asked_for_again_without_a_second_property(officer):
    first = await officer.post("/addresses", house("202"), **{"Idempotency-Key": "plot-202"})
    again = await officer.post("/addresses", house("202"), **{"Idempotency-Key": "plot-202"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    different = await officer.post("/addresses", house("203"), **{"Idempotency-Key": "plot-202"})
    assert different.status_code == 422


async def test_an_address_that_is_somebodys_is_refused(officer):
    response = await officer.post("/addresses", house("1"))
    assert (response.status_code, response.json()["code"]) == (409, "address-taken")
    assert "1001" in response.json()["detail"]


async def test_a_uprn_that_is_or_was_used_is_never_given_again(officer):
    uprn = await enter_property(officer, "204", uprn="900500")
    assert uprn == "900500"
    conflict = await officer.post("/addresses", house("205", uprn="900500"))
    assert (conflict.status_code, conflict.json()["code"]) == (409, "uprn-used")
    assert (await officer.retire(uprn)).status_code == 200
    retired = await officer.post("/addresses", house("205", uprn="900500"))
    assert (retired.status_code, retired.json()["code"]) == (409, "uprn-used")


async def test_of_many_who_want_one_uprn_at_once_one_gets_it(officer):
    requests = [officer.post("/addresses", house(f"{210 + n}", uprn="900600")) for n in range(5)]
    responses = await asyncio.gather(*requests)
    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409, 409]


async def test_of_many_who_enter_the_same_address_at_once_one_may(officer):
    responses = await asyncio.gather(*(officer.post("/addresses", house("220")) for _ in range(4)))
    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"usrn": "12345678"}, "usrn"),
        ({"classification": "XX99"}, "classification"),
        ({"parent_uprn": "777777"}, "parent_uprn"),
        ({"building_number": "99-1"}, "building_number"),
        ({"building_number": None}, "building_number"),
        ({"logical_status": 8}, "logical_status"),
        ({"uprn": "0"}, "uprn"),
        ({"easting": -1}, "easting"),
        ({"postcode": "X"}, "postcode"),
        ({"building_name": "A\x00B"}, "building_name"),
        ({"owner": "Jane"}, "owner"),
    ],
)
async def test_a_property_that_cannot_be_is_refused_with_its_field(officer, values, field):
    response = await officer.post("/addresses", house("299", **values))
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
    assert response.json()["errors"][0]["field"].split(".")[-1] == field


async def test_a_property_goes_from_provisional_to_approved_to_historic_with_its_address(officer, database):
    uprn = await enter_property(officer, "230")
    approved = await officer.patch(f"/addresses/{uprn}", {"logical_status": 1})
    assert approved.json()["logical_status"] == 1
    names = (await officer.get(f"/addresses/{uprn}/names")).json()["items"]
    assert [(name["logical_status"], name["post"]) for name in names] == [(1, True)]
    back = await officer.patch(f"/addresses/{uprn}", {"logical_status": 6})
    assert (back.status_code, back.json()["code"]) == (409, "status-not-possible")
    assert (await officer.retire(uprn, state=4)).json()["state"] == 4
    names = (await officer.get(f"/addresses/{uprn}/names")).json()["items"]
    assert [(name["logical_status"], name["post"]) for name in names] == [(8, False)]
    again = await officer.retire(uprn)
    assert (again.status_code, again.json()["code"]) == (409, "status-not-possible")
    kinds = [event.type.split(".")[2] for event in await published(database) if event.subject == uprn]
    assert kinds == ["created", "changed", "retired"]


async def test_what_takes_a_propertys_place_is_shown_on_both_sides(officer, database):
    old, left, right = [await enter_property(officer, number) for number in ("240", "241", "242")]
    response = await officer.retire(old, successors=[left, int(right), left])
    assert response.status_code == 200
    assert response.json()["successors"] == sorted([left, right])
    for new in (left, right):
        property_ = (await officer.get(f"/addresses/{new}")).json()
        assert (property_["predecessors"], property_["successors"]) == ([old], [])
    event = (await published(database))[-1]
    assert (event.type, event.sequence) == ("address.property.retired.v1", 2)
    assert event.data | {"logical_status": 8, "successors": sorted([left, right])} == event.data
    chain = await officer.retire(left, successors=[right])
    assert chain.json() | {"predecessors": [old], "successors": [right]} == chain.json()


async def test_a_successor_must_stand(officer):
    uprn, retired = await enter_property(officer, "250"), await enter_property(officer, "251")
    await officer.retire(retired)
    for successor in (uprn, "777777", retired):
        response = await officer.retire(uprn, successors=[successor])
        assert response.status_code == 400
        assert response.json()["errors"][0]["field"] == "body.successors"
    assert (await officer.get(f"/addresses/{uprn}")).json()["logical_status"] == 6


async def test_a_building_is_not_retired_over_the_heads_of_its_flats(officer):
    for response in (
        await officer.retire("2000"),
        await officer.patch("/addresses/2000", {"logical_status": 8}),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "has-live-children")
        assert "5 properties" in response.json()["detail"]
        assert "2001" in response.json()["detail"]
    assert (await officer.get("/addresses/2000")).json()["version"] == 1


async def test_a_building_can_end_with_all_within_it(officer, database):
    house_uprn = await enter_property(officer, "260", classification="PP")
    flat = await enter_property(officer, "260", sub_building="FLAT 1", parent_uprn=house_uprn)
    room = await enter_property(officer, "260", sub_building="FLAT 1 ROOM 2", parent_uprn=flat)
    successor = await enter_property(officer, "261")
    response = await officer.retire(house_uprn, children=True, successors=[successor])
    assert response.status_code == 200, response.text
    for uprn, successors in ((house_uprn, [successor]), (flat, []), (room, [])):
        property_ = (await officer.get(f"/addresses/{uprn}")).json()
        assert (property_["logical_status"], property_["successors"]) == (8, successors)
    last = (await published(database))[-3:]
    assert {event.subject for event in last} == {house_uprn, flat, room}
    assert {event.type for event in last} == {"address.property.retired.v1"}


async def test_nothing_can_be_put_into_what_has_ended(officer):
    parent, child = await enter_property(officer, "270"), await enter_property(officer, "271")
    await officer.retire(parent)
    response = await officer.patch(f"/addresses/{child}", {"parent_uprn": parent})
    assert (response.status_code, "historic" in response.json()["detail"]) == (400, True)


async def test_a_flat_entered_while_its_building_ends_is_never_left_behind(officer):
    for number in range(280, 286):
        parent = await enter_property(officer, number)
        flat = house(number, sub_building="FLAT 1", parent_uprn=parent)
        ended, created = await asyncio.gather(officer.retire(parent), officer.post("/addresses", flat))
        assert {ended.status_code, created.status_code} in ({200, 400}, {201, 409}), (
            ended.text,
            created.text,
        )


async def test_two_properties_put_into_each_other_at_once_do_not_lie_within_themselves(officer):
    first, second = await enter_property(officer, "290"), await enter_property(officer, "291")
    responses = await asyncio.gather(
        officer.patch(f"/addresses/{first}", {"parent_uprn": second}),
        officer.patch(f"/addresses/{second}", {"parent_uprn": first}),
    )
    assert sorted(response.status_code for response in responses) == [200, 400]


async def test_retiring_needs_the_version_that_was_seen_and_the_scope(officer, client, mint):
    missing = await officer.post("/addresses/1002/retire", {})
    assert (missing.status_code, missing.json()["code"]) == (428, "version-needed")
    stale = await officer.post("/addresses/1002/retire", {}, **{"If-Match": '"9"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"1"')
    reader = Officer(client, mint, scopes=["address:read"])
    assert (await reader.retire("1002")).status_code == 403
    assert (await officer.retire("424242")).status_code == 404
    for body in ({"successors": ["x"]}, {"successors": "1"}, {"children": "perhaps"}, {"uprn": 1}, []):
        assert (await officer.post("/addresses/1002/retire", body, of="/addresses/1002")).status_code == 400


async def test_a_day_is_answered_as_it_was_then(officer, days_pass):
    uprn = await enter_property(officer, "301")
    await days_pass(10)
    await officer.patch(f"/addresses/{uprn}", {"building_name": "ROSE COTTAGE"})
    await days_pass(5)
    await officer.retire(uprn, successors=["1003"])
    states = {}
    for ago in (0, 1, 4, 5, 6, 14, 15):
        response = await officer.get(f"/addresses/{uprn}", as_of=str(TODAY - timedelta(days=ago)))
        Address.model_validate(response.json())
        address = response.json()
        states[ago] = (
            address["building_name"],
            address["logical_status"],
            address["version"],
            address["successors"],
        )
    assert states[0] == ("ROSE COTTAGE", 8, 3, ["1003"])
    assert states[1] == states[4] == states[5] == ("ROSE COTTAGE", 6, 2, [])
    assert states[6] == states[14] == states[15] == (None, 6, 1, [])
    assert (await officer.get(f"/addresses/{uprn}")).json()["version"] == 3
    then = (await officer.get("/addresses/1003", as_of=str(TODAY - timedelta(days=1)))).json()
    assert then["predecessors"] == []
    assert (await officer.get("/addresses/1003")).json()["predecessors"] == [uprn]


async def test_a_day_before_there_was_a_property_says_since_when_there_is(officer, days_pass):
    uprn = await enter_property(officer, "302")
    await days_pass(3)
    day = TODAY - timedelta(days=4)
    response = await officer.get(f"/addresses/{uprn}", as_of=str(day))
    assert (response.status_code, response.json()["code"]) == (404, "not-found")
    assert str(TODAY - timedelta(days=3)) in response.json()["detail"]
    names = await officer.get(f"/addresses/{uprn}/names", as_of=str(day))
    assert (names.status_code, names.json()["detail"]) == (404, response.json()["detail"])
    nobody = await officer.get("/addresses/424242", as_of=str(day))
    assert (nobody.status_code, "424242" in nobody.json()["detail"]) == (404, True)


async def test_changes_of_one_day_leave_its_last_word_only(officer, days_pass):
    uprn = await enter_property(officer, "303")
    await days_pass(2)
    for name in ("FIRST", "SECOND", "THIRD"):
        await officer.patch(f"/addresses/{uprn}", {"building_name": name})
    await days_pass(1)
    names = []
    for ago in (0, 1, 2, 3):
        response = await officer.get(f"/addresses/{uprn}", as_of=str(TODAY - timedelta(days=ago)))
        names.append(response.json()["building_name"])
    assert names == ["THIRD", "THIRD", None, None]


@pytest.mark.parametrize("day", ["2024-02-29", "2000-02-29", "1900-02-28", "0001-01-01"])
async def test_a_leap_day_is_a_day(officer, day):
    response = await officer.get("/addresses/1004", as_of=day)
    assert (response.status_code, f"on {date.fromisoformat(day)}" in response.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    "day",
    ["2023-02-29", "1900-02-29", "2026-13-01", "2026-1-1", "yesterday", "", "1700000000", "2026-01-01T00:00",
     "0000-01-01", "\uff19999-01-01", "2026-01-01'--", "\x00", "9" * 5000, "9999-12-31",
     str(TODAY + timedelta(days=2))],
)  # fmt: skip
async def test_what_is_no_day_or_is_to_come_is_refused_by_name(officer, day):
    for path in ("/addresses/1004", "/addresses/1004/names", "/streets", "/streets/90000001"):
        response = await officer.get(path, as_of=day)
        assert (response.status_code, response.json()["code"]) == (400, "invalid-request"), path
        assert response.json()["errors"][0]["field"] == "query.as_of"


async def test_who_changed_what_is_told_the_latest_first(officer, client, mint):
    uprn = await enter_property(officer, "304")
    colleague = Officer(client, mint, sub="officer-8")
    await colleague.patch(f"/addresses/{uprn}", {"easting": 375001, "locality": "TWERTON"})
    await officer.retire(uprn)
    first = (await officer.get(f"/addresses/{uprn}/history", limit=2)).json()
    rest = (await officer.get(f"/addresses/{uprn}/history", after=first["next"])).json()
    changes = [(entry["version"], entry["kind"], entry["actor"]) for entry in first["items"] + rest["items"]]
    assert changes == [(3, "retired", "officer-7"), (2, "changed", "officer-8"), (1, "created", "officer-7")]
    assert first["items"][1]["changes"] == {
        "easting": [375000.25, 375001.0],
        "locality": ["WALCOT", "TWERTON"],
    }
    assert rest["items"][0]["changes"] is None
    assert rest["next"] is None
    loaded = (await officer.get("/addresses/1001/history")).json()["items"]
    assert loaded[0]["actor"].startswith("load/")


@pytest.mark.parametrize(
    "after", ["x", "WzBd" * 200, "WyJhIl0", "W10", "WzFlMzBd", "WzEwMDAwMDAwMDAwMDAwMDAwMDAwXQ", "Wy0xXQ"]
)
async def test_a_history_goes_on_from_its_own_cursors_only(officer, after):
    response = await officer.get("/addresses/1001/history", after=after)
    assert response.status_code == 400


async def test_a_property_that_never_was_has_no_history(officer):
    assert (await officer.get("/addresses/424242/history")).status_code == 404
    assert (await officer.get("/addresses/424242/names")).status_code == 404
