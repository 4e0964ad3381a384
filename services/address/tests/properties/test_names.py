"""What else a property is called: alternatives, and its address in Welsh."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from address.properties.schemas.names import AddressNames
from chassis.testing import published
from services.address.tests.officers import Officer, let_days_pass

pytestmark = pytest.mark.usefixtures("gazetteer")
PLACES = "/citytown/address/search/places/v1"
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
async def officer(client, mint, gazetteer):
    return Officer(client, mint)


async def add_name(officer, uprn, **body):
    return await officer.post(f"/addresses/{uprn}/names", body, of=f"/addresses/{uprn}")


async def lpis(officer, uprn, **parameters):
    url = f"{PLACES}/uprn"
    params = {"uprn": uprn, "dataset": "LPI", **parameters}
    response = await officer.client.get(url, params=params, headers=officer.headers)
    return [result["LPI"] for result in response.json().get("results", [])]


async def test_an_alternative_name_is_kept_beside_the_propertys_own(officer, database):
    response = await add_name(officer, 1001, language="ENG", building_name="THE OLD FORGE")
    assert response.status_code == 201
    names = AddressNames.model_validate(response.json())
    assert (names.version, response.headers["ETag"]) == (2, '"2"')
    assert [(item.address, item.logical_status, item.post) for item in names.items] == [
        ("1 ACACIA ROAD, WALCOT, BATH, BA1 5AA", 1, True),
        ("THE OLD FORGE, ACACIA ROAD, WALCOT, BATH, BA1 5AA", 3, False),
    ]
    assert (await officer.get("/addresses/1001")).json()["building_number"] == "1"
    event = (await published(database))[-1]
    assert (event.type, event.subject, event.data["changed"]) == (
        "address.property.changed.v1", "1001", ["names"],
    )  # fmt: skip
    history = (await officer.get("/addresses/1001/history")).json()["items"][0]
    before, after = history["changes"]["names"]
    assert before is None
    assert after | {"building_name": "THE OLD FORGE", "language": "ENG", "logical_status": 3} == after


async def test_an_alternative_name_is_in_the_gazetteers_dataset_and_found_by(officer):
    assert (await add_name(officer, 1002, language="ENG", building_name="QUINCE COTTAGE")).status_code == 201
    statuses = {lpi["ADDRESS"]: lpi["LPI_LOGICAL_STATUS_CODE"] for lpi in await lpis(officer, 1002)}
    assert statuses == {
        "2, ACACIA ROAD, WALCOT, BATH, BA1 5AA": "1",
        "QUINCE COTTAGE, ACACIA ROAD, WALCOT, BATH, BA1 5AA": "3",
    }
    params = {"query": "quince cottage", "dataset": "LPI"}
    response = await officer.client.get(f"{PLACES}/find", params=params, headers=officer.headers)
    assert response.json()["results"][0]["LPI"]["UPRN"] == "1002"


async def test_an_alternative_name_is_suggested_while_it_is_typed(officer):
    assert (await add_name(officer, 1011, language="ENG", building_name="ZINNIA LODGE")).status_code == 201
    (suggestion,) = (await officer.get("/addresses", q="zinnia")).json()["items"]
    assert (suggestion["uprn"], suggestion["address"]) == (
        "1011",
        "ZINNIA LODGE, ACACIA ROAD, WALCOT, BATH, BA1 5AA",
    )
    by_number = (await officer.get("/addresses", q="11 acacia")).json()["items"]
    assert [item["uprn"] for item in by_number].count("1011") == 1


async def test_a_property_has_its_address_in_welsh_once_its_street_has_a_welsh_name(officer):
    welsh = {"language": "CYM", "logical_status": 1, "building_number": "5"}
    early = await add_name(officer, 3003, **welsh)
    assert early.status_code == 400
    assert "give the street one first" in early.json()["detail"]
    name = {"description": "HEOL YR YSGUBOR", "town": "CAERFADDON"}
    assert (await officer.patch("/streets/90000004", {"welsh": name})).status_code == 200
    assert (await add_name(officer, 3003, **welsh)).status_code == 201
    addresses = {lpi["LANGUAGE"]: lpi["ADDRESS"] for lpi in await lpis(officer, 3003)}
    assert addresses["CY"] == "5, HEOL YR YSGUBOR, CAERFADDON, BA1 1AB"
    assert addresses["EN"].startswith("5, HEOL ŶSGUBOR")
    assert [lpi["LANGUAGE"] for lpi in await lpis(officer, 3003, lr="CY")] == ["CY"]
    again = await add_name(officer, 3003, language="CYM", logical_status=1, building_number="5A")
    assert (again.status_code, again.json()["code"]) == (409, "name-not-possible")
    renamed = await officer.patch("/streets/90000004", {"welsh": name | {"description": "FFORDD Y FERLEN"}})
    assert renamed.status_code == 200
    addresses = {lpi["LANGUAGE"]: lpi["ADDRESS"] for lpi in await lpis(officer, 3003)}
    assert addresses["CY"] == "5, FFORDD Y FERLEN, CAERFADDON, BA1 1AB"
    away = await officer.patch("/streets/90000004", {"welsh": None})
    assert (away.status_code, away.json()["code"]) == (409, "has-live-properties")


async def test_a_name_is_changed_and_ended(officer):
    names = (await add_name(officer, 1003, language="ENG", building_name="ONE")).json()
    key = names["items"][1]["key"]
    path = f"/addresses/1003/names/{key}"
    changed = await officer.patch(
        path, {"building_name": "TWO", "sub_building": "FLAT 2"}, of="/addresses/1003"
    )
    assert changed.status_code == 200
    assert changed.json()["items"][1]["address"] == "FLAT 2, TWO, ACACIA ROAD, WALCOT, BATH, BA1 5AA"
    ended = await officer.patch(path, {"logical_status": 8}, of="/addresses/1003")
    assert (ended.json()["items"][1]["logical_status"], ended.json()["version"]) == (8, 4)
    back = await officer.patch(path, {"building_name": "THREE"}, of="/addresses/1003")
    assert (back.status_code, back.json()["code"]) == (409, "status-not-possible")
    address = (await officer.get("/addresses/1003")).json()
    assert (address["address"], address["version"]) == ("3 ACACIA ROAD, WALCOT, BATH, BA1 5AA", 4)


async def test_a_change_of_a_name_that_changes_nothing_makes_no_version(officer):
    names = (await add_name(officer, 1004, language="ENG", building_name="SAME")).json()
    path = f"/addresses/1004/names/{names['items'][1]['key']}"
    response = await officer.patch(path, {"building_name": "SAME"}, of="/addresses/1004")
    assert (response.status_code, response.json()["version"]) == (200, names["version"])


async def test_a_name_of_a_past_day_is_shown_as_it_was(officer, postgres_url, database_url):
    created = (await add_name(officer, 1005, language="ENG", building_name="BEFORE")).json()
    await let_days_pass(postgres_url, database_url, 4)
    path = f"/addresses/1005/names/{created['items'][1]['key']}"
    await officer.patch(path, {"building_name": "AFTER"}, of="/addresses/1005")
    names = {}
    for ago in (0, 1, 4):
        day = TODAY - timedelta(days=ago)
        items = (await officer.get("/addresses/1005/names", as_of=str(day))).json()["items"]
        names[ago] = [item["building_name"] for item in items]
    assert names == {0: [None, "AFTER"], 1: [None, "BEFORE"], 4: [None, "BEFORE"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"language": "FRA", "building_name": "X"}, 400),
        ({"language": "ENG"}, 400),
        ({"language": "ENG", "building_name": "X", "usrn": 12345678}, 400),
        ({"language": "ENG", "building_number": "9-1"}, 400),
        ({"language": "ENG", "building_name": "X\n"}, 400),
        ({"language": "ENG", "building_name": "X" * 91}, 400),
        ({"language": "ENG", "building_name": "X", "logical_status": 8}, 400),
        ({"language": "GAE", "building_name": "X"}, 400),
        ({"language": "ENG", "building_name": "X", "logical_status": 1}, 409),
        ({"language": "ENG", "building_name": "X", "logical_status": 6}, 409),
        ({"language": "ENG", "building_number": "6"}, 409),
        ({}, 400),
        ([], 400),
    ],
)
async def test_a_name_that_cannot_be_is_refused(officer, body, status):
    response = await officer.post("/addresses/1006/names", body, of="/addresses/1006")
    assert response.status_code == status, response.text
    assert (await officer.get("/addresses/1006")).json()["version"] == 1


async def test_the_propertys_own_address_is_changed_with_the_property(officer):
    key = (await officer.get("/addresses/1007/names")).json()["items"][0]["key"]
    response = await officer.patch(
        f"/addresses/1007/names/{key}", {"logical_status": 8}, of="/addresses/1007"
    )
    assert (response.status_code, response.json()["code"]) == (409, "own-address")
    nobody = await officer.patch("/addresses/1007/names/0114L9", {"logical_status": 8}, of="/addresses/1007")
    assert nobody.status_code == 404
    hostile = await officer.patch("/addresses/1007/names/'--", {"logical_status": 8}, of="/addresses/1007")
    assert hostile.status_code == 400


async def test_of_two_names_at_once_one_is_told_to_look_again(officer):
    headers = {"If-Match": await officer.tag("/addresses/1008")}
    bodies = [{"language": "ENG", "building_name": f"HOUSE {n}"} for n in range(3)]
    responses = await asyncio.gather(
        *(officer.post("/addresses/1008/names", body, **headers) for body in bodies)
    )
    assert sorted(response.status_code for response in responses) == [201, 412, 412]


async def test_names_given_while_their_street_is_renamed_all_have_its_new_name(officer):
    street = "/streets/90000005"
    for n in range(3):
        new = {"language": "ENG", "building_name": f"HOUSE {n}"}
        responses = await asyncio.gather(
            *(
                officer.post(f"/addresses/{uprn}/names", new, of=f"/addresses/{uprn}")
                for uprn in range(5001, 5006)
            ),
            officer.patch(street, {"description": f"LANE {n}"}),
        )
        assert {response.status_code for response in responses} <= {200, 201, 412}
        assert responses[-1].status_code == 200
        for uprn in range(5001, 5006):
            items = (await officer.get(f"/addresses/{uprn}/names")).json()["items"]
            assert {item["street"] for item in items} == {f"LANE {n}"}


async def test_a_historic_property_gets_no_new_names(officer):
    await officer.retire("1009")
    response = await add_name(officer, 1009, language="ENG", building_name="TOO LATE")
    assert (response.status_code, response.json()["code"]) == (409, "name-not-possible")
