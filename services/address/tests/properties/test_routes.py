"""The HTTP API: OS Places in its own shape, type-ahead, one property, changing it. Right and wrong."""

import asyncio
import logging

import pytest

from address.places.schemas.places import Answer, PlacesError
from address.places.schemas.suggestions import Suggestions
from address.properties.schemas.properties import Address
from chassis.testing import published
from services.address.tests.samples import GAZETTEER

pytestmark = pytest.mark.usefixtures("gazetteer")
PLACES = "/citytown/address/search/places/v1"
ADDRESSES = "/citytown/address/v1/addresses"
MINIMUM = (
    "Requested postcode must contain a minimum of the sector plus 1 digit of the district e.g. SO1."
    " Requested postcode was "
)


@pytest.fixture(scope="module")
def get(client, mint):
    """``await get(url, **parameters)`` with a key that may read Citytown's addresses."""
    key = mint(scopes=["address:read"], typ="key+jwt")

    async def ask(url, **parameters):
        return await client.get(url, params=parameters, headers={"X-Api-Key": key})

    return ask


@pytest.fixture(scope="module")
def patch(client, mint):
    """``await patch(uprn, body, etag)`` with a token that may write."""
    token = mint(scopes=["address:read", "address:write"], sub="officer-7")

    async def send(uprn, body, etag=None):
        headers = {"Authorization": f"Bearer {token}"} | ({"If-Match": etag} if etag else {})
        return await client.patch(f"{ADDRESSES}/{uprn}", json=body, headers=headers)

    return send


async def test_a_postcode_gives_its_addresses_in_order(get):
    body = (await get(f"{PLACES}/postcode", postcode="ba1 5aa")).json()
    Answer.model_validate(body)
    addresses = [result["DPA"] for result in body["results"]]
    assert [address["ADDRESS"] for address in addresses[:2]] == [
        "1, ACACIA ROAD, WALCOT, BATH, BA1 5AA",
        "2, ACACIA ROAD, WALCOT, BATH, BA1 5AA",
    ]
    assert addresses[-1]["ADDRESS"] == "OAK DENTAL PRACTICE, 14A, ACACIA ROAD, WALCOT, BATH, BA1 5AA"
    assert addresses[-1]["BUILDING_NAME"] == "14A"
    assert "BUILDING_NUMBER" not in addresses[-1]
    assert body["header"] | {"totalresults": 13, "offset": 0, "maxresults": 100} == body["header"]


async def test_the_fields_of_a_delivery_point_have_the_contracts_names_and_types(get):
    body = (await get(f"{PLACES}/uprn", uprn=2001)).json()
    assert (
        body["results"][0]["DPA"]
        | {
            "UPRN": "2001",
            "ADDRESS": "FLAT 1, MILL HOUSE, ACACIA ROAD, WALCOT, BATH, BA1 5AB",
            "SUB_BUILDING_NAME": "FLAT 1",
            "BUILDING_NAME": "MILL HOUSE",
            "THOROUGHFARE_NAME": "ACACIA ROAD",
            "DEPENDENT_LOCALITY": "WALCOT",
            "POST_TOWN": "BATH",
            "POSTCODE": "BA1 5AB",
            "X_COORDINATE": 375000.25,
            "Y_COORDINATE": 165000.75,
            "STATUS": "APPROVED",
            "LOGICAL_STATUS_CODE": "1",
            "CLASSIFICATION_CODE": "RD06",
            "CLASSIFICATION_CODE_DESCRIPTION": "Self Contained Flat (Includes Maisonette / Apartment)",
            "LOCAL_CUSTODIAN_CODE": 114,
            "LOCAL_CUSTODIAN_CODE_DESCRIPTION": "BATH AND NORTH EAST SOMERSET",
            "COUNTRY_CODE": "E",
            "POSTAL_ADDRESS_CODE": "L",
            "PARENT_UPRN": "2000",
            "LANGUAGE": "EN",
            "MATCH": 1.0,
            "MATCH_DESCRIPTION": "EXACT",
        }
        == body["results"][0]["DPA"]
    )


async def test_a_gazetteer_address_has_its_numbers_apart(get):
    body = (await get(f"{PLACES}/uprn", uprn=3002, dataset="LPI")).json()
    Answer.model_validate(body)
    lpi = body["results"][0]["LPI"]
    assert lpi | {"PAO_START_NUMBER": "7", "PAO_END_NUMBER": "9", "USRN": "90000003"} == lpi
    assert lpi | {"STREET_DESCRIPTION": "FIRST AVENUE", "LPI_LOGICAL_STATUS_CODE": "1"} == lpi
    assert lpi["LPI_KEY"].startswith("0114L")
    assert "SAO_TEXT" not in lpi


@pytest.mark.parametrize(("dataset", "order"), [("DPA,LPI", ["DPA", "LPI"]), ("lpi, dpa", ["LPI", "DPA"])])
async def test_both_datasets_come_in_the_order_that_is_asked(get, dataset, order):
    body = (await get(f"{PLACES}/uprn", uprn=2001, dataset=dataset)).json()
    assert [next(iter(result)) for result in body["results"]] == order
    assert body["header"]["totalresults"] == 2


async def test_250_results_come_in_three_pages_without_gap_or_repeat(get):
    uprns, offset, total = [], 0, 1
    while offset < total:
        body = (await get(f"{PLACES}/postcode", postcode="BA2 9", offset=offset)).json()
        total = body["header"]["totalresults"]
        uprns += [result["DPA"]["UPRN"] for result in body["results"]]
        offset += body["header"]["maxresults"]
    assert offset == 300
    assert uprns == [str(5000 + number) for number in range(1, 251)]
    whole = (await get(f"{PLACES}/postcode", postcode="BA2 9ZZ", offset=200, maxresults=7)).json()
    assert [result["DPA"]["UPRN"] for result in whole["results"]] == uprns[200:207]
    beyond = (await get(f"{PLACES}/postcode", postcode="BA2 9ZZ", offset=999)).json()
    assert beyond["header"]["totalresults"] == 250
    assert "results" not in beyond


async def test_nothing_found_is_an_answer_without_results(get):
    response = await get(f"{PLACES}/postcode", postcode="SW1A 1AA")
    assert response.status_code == 200
    assert response.json()["header"]["totalresults"] == 0
    assert "results" not in response.json()


@pytest.mark.parametrize(
    ("typed", "total"), [("BA1 5A", 19), ("ba15a", 19), ("BA1 5", 19), ("BA11", 3), ("BA1", 22)]
)
async def test_the_beginning_of_a_postcode_is_enough(get, typed, total):
    body = (await get(f"{PLACES}/postcode", postcode=typed)).json()
    assert body["header"]["totalresults"] == total
    assert len(body["results"]) == total


@pytest.mark.parametrize(
    "typed", ["X", "sausage", "AB1CD", "", "BA1 5AA9", "\x00", "'; --", "\U0001f600", "9" * 50]
)
async def test_what_is_no_postcode_gets_the_contracts_own_words(get, typed):
    response = await get(f"{PLACES}/postcode", postcode=typed)
    assert response.status_code == 400
    assert response.json() == {"error": {"statuscode": 400, "message": MINIMUM + typed}}


async def test_the_header_says_what_was_asked_but_never_the_key(client, mint):
    key = mint(scopes=["address:read"])
    url = f"{PLACES}/postcode?maxresults=1&key={key}&postcode=BA1%205AA&lr=EN"
    body = (await client.get(url)).json()
    assert (
        body["header"]["uri"] == f"http://test.invalid{PLACES}/postcode?maxresults=1&postcode=BA1%205AA&lr=EN"
    )
    assert body["header"] | {
        "query": "postcode=BA1 5AA", "format": "JSON", "dataset": "DPA", "lr": "EN", "maxresults": 1,
        "epoch": "1", "output_srs": "EPSG:27700",
    } == body["header"]  # fmt: skip
    hidden = f"{PLACES}/uprn?%6Bey={key}&uprn=1001"
    body = await client.get(hidden, headers={"key": key})
    assert key not in body.text
    assert body.status_code == 200


async def test_filters_choose_classes_and_statuses(get):
    async def total(*fq, dataset="DPA"):
        response = await get(f"{PLACES}/postcode", postcode="BA1 5", fq=list(fq), dataset=dataset)
        return response.json()["header"]["totalresults"]

    assert await total("CLASSIFICATION_CODE:RD*") == 17
    assert await total("classification_code:rd06 CLASSIFICATION_CODE:PP") == 6
    assert await total("CLASSIFICATION_CODE:RD*", "CLASSIFICATION_CODE:RD04") == 12
    assert await total("CLASSIFICATION_CODE:RD*", "LOGICAL_STATUS_CODE:1", "COUNTRY_CODE:E") == 17
    assert await total("LOGICAL_STATUS_CODE:8") == 0
    assert await total("LPI_LOGICAL_STATUS_CODE:1", dataset="LPI") == 19


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"maxresults": 0}, "maxresults"), ({"maxresults": 101}, "maxresults"),
        ({"maxresults": "x"}, "maxresults"),
        ({"offset": -1}, "offset"), ({"offset": 10**30}, "offset"), ({"dataset": "XYZ"}, "dataset"),
        ({"lr": "FR"}, "lr"), ({"output_srs": "EPSG:1"}, "output_srs"), ({"format": "PDF"}, "format"),
        ({"fq": "SURFACE:1"}, "fq"), ({"fq": "RD"}, "fq"), ({"fq": ["CLASSIFICATION_CODE:RD"] * 11}, "fq"),
    ],
)  # fmt: skip
async def test_a_parameter_that_cannot_be_used_is_named_in_the_contracts_shape(get, parameters, parameter):
    response = await get(f"{PLACES}/postcode", postcode="BA1 5AA", **parameters)
    assert response.status_code == 400
    error = PlacesError.model_validate(response.json()).error
    assert error.statuscode == 400
    assert error.message.startswith(f"Parameter {parameter}: ")


@pytest.mark.parametrize("uprn", ["", "0", "-1", "1.5", "x", 10**12, 2**63, "9" * 5000, "1001'"])
async def test_what_is_no_uprn_is_refused_in_the_contracts_shape(get, uprn):
    response = await get(f"{PLACES}/uprn", uprn=uprn)
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("Parameter uprn: ")


async def test_find_puts_the_best_first_and_says_how_well_it_matches(get):
    body = (await get(f"{PLACES}/find", query="4 Acacia Road, Bath", matchprecision=3)).json()
    Answer.model_validate(body)
    best, next_best = (result["DPA"] for result in body["results"][:2])
    assert best | {"UPRN": "1004", "MATCH": 1.0, "MATCH_DESCRIPTION": "EXACT"} == best
    assert next_best["MATCH"] < 1
    assert body["header"] | {"query": "query=4 Acacia Road, Bath", "matchprecision": 3} == body["header"]


@pytest.mark.parametrize(
    ("query", "uprn"),
    [
        ("FLAT 3, MILL HOUSE, ACACIA ROAD, WALCOT, BATH, BA1 5AB", "2003"),
        ("top floor flat mill house", "2005"),
        ("7-9 First Avenue", "3002"),
        ("3 st johns rd", "3001"),
        ("3 St John's Road BA11 1AA", "3001"),
        ("oak dental practice", "1013"),
        ("5 heol ysgubor", "3003"),
        ("4 acacia road somewhere else entirely", "1004"),
        ("001003", "1003"),
    ],
)
async def test_find_finds(get, query, uprn):
    body = (await get(f"{PLACES}/find", query=query, maxresults=3)).json()
    assert body["results"][0]["DPA"]["UPRN"] == uprn


async def test_find_leaves_out_what_matches_too_little_and_what_lies_outside_the_box(get):
    total = (await get(f"{PLACES}/find", query="4 acacia road")).json()["header"]["totalresults"]
    good = (await get(f"{PLACES}/find", query="4 acacia road", minmatch=0.9)).json()
    assert good["header"]["totalresults"] == 1 < total
    outside = (await get(f"{PLACES}/find", query="4 acacia road", bbox="1,1,2,2")).json()
    assert outside["header"]["totalresults"] == 0
    inside = (await get(f"{PLACES}/find", query="4 acacia road", bbox="374000,164000,376000,166000")).json()
    assert inside["header"]["totalresults"] == total


async def test_find_by_a_postcode_is_the_postcodes_search(get):
    by_text = (await get(f"{PLACES}/find", query="ba1 5ab")).json()
    by_postcode = (await get(f"{PLACES}/postcode", postcode="BA1 5AB")).json()
    assert by_text["results"] == by_postcode["results"]


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({}, "query"), ({"query": ""}, "query"), ({"query": "x" * 501}, "query"),
        ({"query": "a", "minmatch": 0}, "minmatch"), ({"query": "a", "minmatch": "nan"}, "minmatch"),
        ({"query": "a", "matchprecision": 11}, "matchprecision"), ({"query": "a", "bbox": "1,2,3"}, "bbox"),
        ({"query": "a", "bbox": "2,1,1,2"}, "bbox"), ({"query": "a", "bbox": "nan,nan,nan,nan"}, "bbox"),
    ],
)  # fmt: skip
async def test_find_refuses_what_it_cannot_use(get, parameters, parameter):
    response = await get(f"{PLACES}/find", **parameters)
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith(f"Parameter {parameter}: ")


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "_%_",
        "'; DROP TABLE place; --",
        "\x00\x01",
        "\U0001f3e0" * 40,
        "a" * 200,
        "\\",
        "1 " * 99,
        "((((",
        "ﷺ" * 50,
    ],
)
async def test_hostile_text_finds_nothing_and_harms_nothing(get, text):
    assert (await get(f"{PLACES}/find", query=text)).status_code == 200
    assert (await get(ADDRESSES, q=text.ljust(3))).status_code == 200


async def test_errors_below_the_contracts_address_have_its_shape(client, mint, get):
    foreign = mint(scopes=["address:read"], councils=["hillshire"])
    empty = mint(scopes=[])
    refusals = [
        (await client.get(f"{PLACES}/uprn?uprn=1"), 401),
        (await client.get(f"{PLACES}/uprn?uprn=1&key=rubbish"), 401),
        (await client.get(f"{PLACES}/uprn?uprn=1&key={foreign}"), 403),
        (await client.get(f"{PLACES}/uprn?uprn=1&key={empty}"), 403),
        (await get(f"{PLACES}/nothing"), 404),
        (await get(PLACES.replace("citytown", "atlantis") + "/uprn?uprn=1"), 404),
        (await client.post(f"{PLACES}/uprn"), 405),
    ]
    for response, status in refusals:
        assert response.status_code == status
        assert PlacesError.model_validate(response.json()).error.statuscode == status


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("aca", "1 ACACIA ROAD, WALCOT, BATH, BA1 5AA"),
        ("4 acacia", "4 ACACIA ROAD, WALCOT, BATH, BA1 5AA"),
        ("flat 2 acacia", "FLAT 2, MILL HOUSE, ACACIA ROAD, WALCOT, BATH, BA1 5AB"),
        ("mill", "MILL HOUSE, ACACIA ROAD, WALCOT, BATH, BA1 5AB"),
        ("ba1 5ab", "MILL HOUSE, ACACIA ROAD, WALCOT, BATH, BA1 5AB"),
        ("ba11", "7-9 FIRST AVENUE, WALCOT, BATH, BA1 1AA"),
        ("4 ba1 5", "4 ACACIA ROAD, WALCOT, BATH, BA1 5AA"),
        ("acacia road ba1 5ab", "MILL HOUSE, ACACIA ROAD, WALCOT, BATH, BA1 5AB"),
        ("first av", "7-9 FIRST AVENUE, WALCOT, BATH, BA1 1AA"),
        ("st john's r", "3 ST JOHN'S ROAD, BATH, BA11 1AA"),
        ("oak den", "OAK DENTAL PRACTICE, 14A ACACIA ROAD, WALCOT, BATH, BA1 5AA"),
        ("14a aca", "OAK DENTAL PRACTICE, 14A ACACIA ROAD, WALCOT, BATH, BA1 5AA"),
        ("001001", "1 ACACIA ROAD, WALCOT, BATH, BA1 5AA"),
        ("120 long la", "120 LONG LANE, WALCOT, BATH, BA2 9ZZ"),
    ],
)
async def test_typing_suggests_the_likeliest_first(get, typed, first):
    response = await get(ADDRESSES, q=typed)
    items = Suggestions.model_validate(response.json()).items
    assert items[0].address == first


async def test_suggestions_are_no_more_than_asked(get):
    assert len((await get(ADDRESSES, q="long lane")).json()["items"]) == 10
    assert len((await get(ADDRESSES, q="long lane", limit=50)).json()["items"]) == 50


@pytest.mark.parametrize(
    "parameters", [{}, {"q": "ab"}, {"q": "a" * 201}, {"q": "abc", "limit": 101}, {"q": "abc", "limit": 0}]
)
async def test_a_suggestion_that_cannot_be_made_is_a_problem(get, parameters):
    response = await get(ADDRESSES, **parameters)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid-request"


async def test_a_property_is_read_with_its_version(get):
    response = await get(f"{ADDRESSES}/1005")
    address = Address.model_validate(response.json())
    assert (address.uprn, address.address) == ("1005", "5 ACACIA ROAD, WALCOT, BATH, BA1 5AA")
    assert response.headers["ETag"] == f'"{address.version}"'
    assert "private" in response.headers["Cache-Control"]


async def test_a_reader_who_has_it_is_not_sent_it_again(client, mint):
    headers = {"X-Api-Key": mint(scopes=["address:read"])}
    etag = (await client.get(f"{ADDRESSES}/1006", headers=headers)).headers["ETag"]
    again = await client.get(f"{ADDRESSES}/1006", headers=headers | {"If-None-Match": f'"x", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("uprn", ["0", "-1", "x", 10**12, 2**63, 2**64, "1.5", "%00"])
async def test_what_is_no_uprn_is_a_problem(get, uprn):
    response = await get(f"{ADDRESSES}/{uprn}")
    assert response.status_code == 400


async def test_a_property_that_is_not_there_is_404(get):
    response = await get(f"{ADDRESSES}/999999999999")
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


async def test_a_council_never_sees_anothers_property_of_the_same_uprn(client, mint):
    for council, street in (("citytown", "ACACIA ROAD"), ("hillshire", "OTHER STREET")):
        headers = {"X-Api-Key": mint(scopes=["address:read"], councils=[council])}
        response = await client.get(f"/{council}/address/v1/addresses/1001", headers=headers)
        assert response.json()["street"] == street
        places = await client.get(f"/{council}/address/search/places/v1/uprn?uprn=1001", headers=headers)
        assert places.json()["header"]["totalresults"] == 1


async def test_a_change_is_kept_told_and_shown(get, patch, database):
    body = {
        "easting": 375111.119,
        "organisation": "ACME  LTD",
        "building_number": "1A",
        "classification": "CR08",
    }
    response = await patch(1007, body, '"1"')
    assert response.status_code == 200
    address = Address.model_validate(response.json())
    assert (address.version, address.easting, address.organisation, address.building_number) == (
        2,
        375111.12,
        "ACME LTD",
        "1A",
    )
    assert address.address == "ACME LTD, 1A ACACIA ROAD, WALCOT, BATH, BA1 5AA"
    assert response.headers["ETag"] == '"2"'
    assert (await get(f"{ADDRESSES}/1007")).json() == response.json()
    assert (await get(ADDRESSES, q="acme")).json()["items"][0]["uprn"] == "1007"
    event = (await published(database))[-1]
    assert (event.type, event.subject, event.sequence) == ("address.property.changed.v1", "1007", 2)
    assert event.data == {
        "uprn": "1007",
        "easting": 375111.12,
        "northing": 165000.75,
        "postcode": "BA1 5AA",
        "logical_status": 1,
        "classification": "CR08",
        "changed": ["building_number", "classification", "easting", "organisation"],
    }


async def test_a_change_needs_the_version_that_was_seen(patch):
    missing = await patch(1008, {"locality": "WALCOT"})
    assert (missing.status_code, missing.json()["code"]) == (428, "version-needed")
    for stale in ('"0"', '"2"', '"x"', "1", '"99999999999999999999"', "*x", ""):
        response = await patch(1008, {"locality": "ODD DOWN"}, stale or " ")
        assert response.status_code == 412, stale
        assert response.headers["ETag"] == '"1"'


async def test_of_two_changes_at_once_one_wins(patch, get):
    responses = await asyncio.gather(*(patch(1009, {"building_name": f"HOUSE {n}"}, '"1"') for n in range(5)))
    assert sorted(response.status_code for response in responses) == [200, 412, 412, 412, 412]
    assert (await get(f"{ADDRESSES}/1009")).json()["version"] == 2


async def test_a_change_that_changes_nothing_makes_no_version_and_no_event(patch, database):
    before = len(await published(database))
    response = await patch(1010, {"building_number": "10", "easting": 375000.25}, '"1"')
    assert (response.status_code, response.headers["ETag"]) == (200, '"1"')
    assert len(await published(database)) == before


async def test_a_field_is_emptied_with_null(patch):
    response = await patch(1013, {"organisation": None, "locality": None}, '"1"')
    assert response.json() | {"organisation": None, "locality": None} == response.json()


async def test_a_retired_property_stays_readable_leaves_the_searches_and_never_comes_back(get, patch):
    response = await patch(5250, {"logical_status": 8}, '"1"')
    assert response.json()["logical_status"] == 8
    assert (await get(f"{ADDRESSES}/5250")).status_code == 200
    assert (await get(ADDRESSES, q="250 long lane")).json()["items"] == []
    assert (await get(f"{PLACES}/uprn", uprn=5250)).json()["header"]["totalresults"] == 0
    lpi = (await get(f"{PLACES}/uprn", uprn=5250, dataset="LPI")).json()["results"][0]["LPI"]
    assert (lpi["LOGICAL_STATUS_CODE"], lpi["STATUS"]) == ("8", "HISTORICAL")
    back = await patch(5250, {"logical_status": 1}, '"2"')
    assert (back.status_code, back.json()["code"]) == (409, "status-not-possible")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"easting": -1}, "easting"), ({"easting": 1e300}, "easting"), ({"northing": None}, "northing"),
        ({"postcode": "X"}, "postcode"), ({"postcode": None}, "postcode"),
        ({"classification": "XX99"}, "classification"), ({"classification": "'"}, "classification"),
        ({"usrn": 12345678}, "usrn"), ({"usrn": 10**9}, "usrn"),
        ({"parent_uprn": 777777}, "parent_uprn"), ({"parent_uprn": 1011}, "parent_uprn"),
        ({"parent_uprn": 10**12}, "parent_uprn"), ({"building_number": "99999"}, "building_number"),
        ({"building_number": "9-2"}, "building_number"), ({"organisation": "X" * 101}, "organisation"),
        ({"organisation": ""}, "organisation"), ({"sub_building": "A\x00B"}, "sub_building"),
        ({"sub_building": "A\nB"}, "sub_building"), ({"logical_status": 3}, "logical_status"),
        ({"uprn": 5}, "uprn"), ({"version": 5}, "version"), ([], "body"), ("x", "body"),
    ],
)  # fmt: skip
async def test_a_change_the_gazetteer_cannot_hold_is_refused_with_its_field(get, patch, body, field):
    response = await patch(1011, body, '"1"')
    assert response.status_code == 400
    assert response.json()["code"] == "invalid-request"
    assert response.json()["errors"][0]["field"].split(".")[-1] == field or field == "body"
    assert (await get(f"{ADDRESSES}/1011")).json()["version"] == 1


async def test_a_building_cannot_lie_within_its_own_flat(patch):
    response = await patch(2000, {"parent_uprn": "2001"}, '"1"')
    assert response.status_code == 400
    assert "lies within it" in response.json()["detail"]


async def test_changing_needs_the_scope_to_write(client, mint):
    headers = {"X-Api-Key": mint(scopes=["address:read"]), "If-Match": '"1"'}
    response = await client.patch(f"{ADDRESSES}/1012", json={"locality": "X"}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "missing-scope")


async def test_a_property_of_nobody_cannot_be_changed(patch):
    assert (await patch(424242, {"locality": "X"}, '"1"')).status_code == 404


async def test_what_is_searched_for_stays_out_of_the_logs(get, caplog):
    with caplog.at_level(logging.DEBUG):
        await get(f"{PLACES}/find", query="canary cottage 4711")
        await get(ADDRESSES, q="canary cottage 4711")
        await get(f"{PLACES}/postcode", postcode="CANARY")
    ours = [
        record.getMessage() for record in caplog.records if record.name != "httpx"
    ]  # the test's own client
    assert not [line for line in ours if "canary" in line.lower()]


def test_the_sample_is_what_the_tests_count_on():
    assert len(GAZETTEER) == 272


async def test_a_change_sent_again_with_its_idempotency_key_gives_the_same_answer(client, mint, database):
    token = mint(scopes=["address:read", "address:write"])
    url = f"{ADDRESSES}/1012"
    current = await client.get(url, headers={"X-Api-Key": token})
    headers = {"X-Api-Key": token, "If-Match": current.headers["ETag"], "Idempotency-Key": "lost-answer"}
    change = {"easting": current.json()["easting"] + 1}
    before = len(await published(database))
    first = await client.patch(url, json=change, headers=headers)
    again = await client.patch(url, json=change, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["ETag"] == first.headers["ETag"] != current.headers["ETag"]
    assert len(await published(database)) == before + 1
    emptied = {**change, "organisation": None}
    different = await client.patch(url, json=emptied, headers=headers)
    assert (different.status_code, different.json()["code"]) == (422, "idempotency-key-reused")
