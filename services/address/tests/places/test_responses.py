"""What OS Places answers look like: header, fields, systems, XML, Royal Mail's addresses, errors."""

import re
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree.ElementTree import fromstring

import asyncpg
import pytest

from address.loading.actions import command
from address.places.schemas.places import Answer, Dpa, PlacesError
from address.shared import projections
from services.address.tests.samples import row, write_csv

PLACES = "/citytown/address/search/places/v1"
HEADER = ["uri", "query", "offset", "totalresults", "format", "dataset", "lr", "maxresults", "epoch",
          "lastupdate", "output_srs"]  # fmt: skip
X, Y = 375000.25, 165000.75
POSTED = row(
    7_100, name="OLD WORKS", number="", easting="376000.00", northing="166000.00", postcode="BA2 1AA"
)
STRANGE = row(7_200, organisationname="Brown & <Sons> \"Ltd\" 'Ŷ'", number="3", postcode="BA2 2AA")
AT_SEA = row(7_300, number="1", easting="699999.00", northing="1299999.00", postcode="BA2 3AA")
OPERATIONS = {
    "postcode": {"postcode": "BA1 5AB"},
    "uprn": {"uprn": "2001"},
    "find": {"query": "mill house"},
    "nearest": {"point": "375000,165000"},
    "radius": {"point": "375000,165000"},
    "bbox": {"bbox": "374990,164990,375010,165010"},
}


@pytest.fixture(scope="module", autouse=True)
async def posted(gazetteer, settings, tmp_path_factory, postgres_url, database_url):
    """A property with a delivery point and all that AddressBase says of one, and two odd ones."""
    path = write_csv(tmp_path_factory.mktemp("posted") / "posted.csv", [POSTED, STRANGE, AT_SEA])
    assert await command.load(settings, [str(path), "--council", "citytown"]) == command.DONE
    connection = await asyncpg.connect(database_url)
    await connection.execute("""
        INSERT INTO delivery_point (council, uprn, udprn, organisation_name, department_name,
            sub_building_name, building_name, building_number, dependent_thoroughfare, thoroughfare,
            double_dependent_locality, dependent_locality, post_town, postcode, delivery_point_suffix,
            po_box_number, entry_date, last_update)
        VALUES ('citytown', 7100, 52000001, 'WORKS LTD', 'POST ROOM', 'UNIT 4', 'THE OLD WORKS', '12',
            'BACK LANE', 'ACACIA ROAD', 'LITTLE WALCOT', 'WALCOT', 'BATH', 'BA2 1AB', '1A', '77',
            '2020-02-03', '2021-04-05');
        UPDATE place SET udprn = 52000001 WHERE council = 'citytown' AND uprn = 7100;
        INSERT INTO organisation (council, uprn, org_key, organisation, legal_name, entry_date, last_update)
        VALUES ('citytown', 7100, '0114O9', 'WORKS LTD', 'Works (Bath) Limited', '2020-02-03', '2021-04-05');
        UPDATE street_descriptor SET administrative_area = 'BATH AND NORTH EAST SOMERSET'
        WHERE council = 'citytown' AND usrn = 90000001""")
    await connection.close()


@pytest.fixture(scope="module")
def call_places(client, mint, posted):
    """``await call_places("uprn", uprn=1)`` -> the answer; ``headers`` are sent besides the key."""
    key = mint(scopes=["address:read"], typ="key+jwt")

    async def send(operation, headers=None, **parameters):
        request_headers = {"X-Api-Key": key, **(headers or {})}
        return await client.get(f"{PLACES}/{operation}", params=parameters, headers=request_headers)

    return send


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_the_header_has_the_contracts_fields_in_its_order_and_types(call_places, operation):
    header = (await call_places(operation, **OPERATIONS[operation])).json()["header"]
    assert [*header] == HEADER
    numbers = {"offset", "totalresults", "maxresults"}
    assert {name for name, value in header.items() if type(value) is int} == numbers
    assert all(type(header[name]) is str for name in HEADER if name not in numbers)
    assert header["epoch"].isdecimal()
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", header["lastupdate"])
    assert header | {"format": "JSON", "dataset": "DPA", "lr": "EN,CY", "output_srs": "EPSG:27700"} == header


async def test_matchprecision_stands_in_the_header_where_it_was_asked(call_places):
    header = (await call_places("find", query="mill", matchprecision=4)).json()["header"]
    assert [*header] == [*HEADER[:8], "matchprecision", *HEADER[8:]]
    assert header["matchprecision"] == 4


async def test_the_uri_has_every_parameter_but_the_key(client, mint):
    key = mint(scopes=["address:read"])
    query = "point=375000%2C165000&fq=CLASSIFICATION_CODE%3AR*&key={}&nonsense=%F0%9F%8F%A0&fq=COUNTRY_CODE:E"
    response = await client.get(f"{PLACES}/radius?{query.format(key)}")
    parts = urlsplit(response.json()["header"]["uri"])
    assert parts.path == f"{PLACES}/radius"
    assert parse_qsl(parts.query) == [
        ("point", "375000,165000"), ("fq", "CLASSIFICATION_CODE:R*"), ("nonsense", "\U0001f3e0"),
        ("fq", "COUNTRY_CODE:E"),
    ]  # fmt: skip


async def test_royal_mails_address_has_every_field_in_the_contracts_order(call_places):
    body = (await call_places("uprn", uprn=7100, output_srs="WGS84")).json()
    Answer.model_validate(body)
    dpa = body["results"][0]["DPA"]
    assert dpa["ADDRESS"] == (
        "WORKS LTD, POST ROOM, PO BOX 77, UNIT 4, THE OLD WORKS, 12, BACK LANE, ACACIA ROAD, LITTLE WALCOT,"
        " WALCOT, BATH, BA2 1AB"
    )
    expected = {
        "UPRN": "7100", "UDPRN": "52000001", "ADDRESS": dpa["ADDRESS"], "PO_BOX_NUMBER": "77",
        "ORGANISATION_NAME": "WORKS LTD", "DEPARTMENT_NAME": "POST ROOM", "SUB_BUILDING_NAME": "UNIT 4",
        "BUILDING_NAME": "THE OLD WORKS", "BUILDING_NUMBER": "12",
        "DEPENDENT_THOROUGHFARE_NAME": "BACK LANE", "THOROUGHFARE_NAME": "ACACIA ROAD",
        "DOUBLE_DEPENDENT_LOCALITY": "LITTLE WALCOT", "DEPENDENT_LOCALITY": "WALCOT", "POST_TOWN": "BATH",
        "POSTCODE": "BA2 1AB", "X_COORDINATE": 376000.0, "Y_COORDINATE": 166000.0, "LNG": dpa["LNG"],
        "LAT": dpa["LAT"], "STATUS": "APPROVED", "LOGICAL_STATUS_CODE": "1", "CLASSIFICATION_CODE": "RD04",
        "CLASSIFICATION_CODE_DESCRIPTION": "Terraced", "LOCAL_CUSTODIAN_CODE": 114,
        "LOCAL_CUSTODIAN_CODE_DESCRIPTION": "BATH AND NORTH EAST SOMERSET", "COUNTRY_CODE": "E",
        "COUNTRY_CODE_DESCRIPTION": "This record is within England", "POSTAL_ADDRESS_CODE": "L",
        "POSTAL_ADDRESS_CODE_DESCRIPTION": dpa["POSTAL_ADDRESS_CODE_DESCRIPTION"],
        "BLPU_STATE_CODE_DESCRIPTION": "Unknown/Not applicable",
        "LAST_UPDATE_DATE": dpa["LAST_UPDATE_DATE"],
        "ENTRY_DATE": dpa["ENTRY_DATE"], "LEGAL_NAME": "WORKS (BATH) LIMITED", "LANGUAGE": "EN",
        "MATCH": 1.0, "MATCH_DESCRIPTION": "EXACT", "DELIVERY_POINT_SUFFIX": "1A",
    }  # fmt: skip
    assert list(dpa.items()) == list(expected.items())
    assert set(dpa) <= set(Dpa.model_fields)


async def test_the_gazetteers_address_says_what_lies_round_it(call_places):
    lpi = (await call_places("uprn", uprn=7100, dataset="LPI")).json()["results"][0]["LPI"]
    names = ["UPRN", "ADDRESS", "USRN", "LPI_KEY", "PAO_TEXT", "STREET_DESCRIPTION", "LOCALITY_NAME",
             "TOWN_NAME", "ADMINISTRATIVE_AREA", "POSTCODE_LOCATOR", "X_COORDINATE", "Y_COORDINATE", "STATUS",
             "LEGAL_NAME", "LPI_LOGICAL_STATUS_CODE", "MATCH"]  # fmt: skip
    assert [name for name in lpi if name in names] == names
    assert lpi["LEGAL_NAME"] == "WORKS (BATH) LIMITED"
    assert lpi["ADMINISTRATIVE_AREA"] == "BATH AND NORTH EAST SOMERSET"


@pytest.mark.parametrize("system", ["WGS84", "EPSG:4326", "epsg:4326", "EPSG:4258"])
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_degrees_stand_beside_the_grid(call_places, operation, system):
    body = (await call_places(operation, **OPERATIONS[operation], output_srs=system)).json()
    Answer.model_validate(body)
    ((lon, lat),) = projections.to_lonlat([(X, Y)])
    for result in body["results"]:
        fields = list(result["DPA"].items())
        place = [name for name, _ in fields].index("X_COORDINATE")
        assert fields[place : place + 4] == [
            ("X_COORDINATE", X), ("Y_COORDINATE", Y), ("LNG", round(lon, 7)), ("LAT", round(lat, 7)),
        ]  # fmt: skip
    assert body["header"]["output_srs"] == system.upper()


async def test_web_maps_metres_stand_in_the_grids_place(call_places):
    ((x, y),) = projections.to_mercator([(X, Y)])
    for dataset in ("DPA", "LPI"):
        body = (await call_places("uprn", uprn=2001, output_srs="EPSG:3857", dataset=dataset)).json()
        fields = body["results"][0][dataset]
        assert (fields["X_COORDINATE"], fields["Y_COORDINATE"]) == (round(x, 2), round(y, 2))
        assert "LNG" not in fields


@pytest.mark.parametrize("system", ["BNG", "EPSG:27700"])
async def test_on_the_grid_there_are_no_degrees(call_places, system):
    dpa = (await call_places("uprn", uprn=2001, output_srs=system)).json()["results"][0]["DPA"]
    assert (dpa["X_COORDINATE"], dpa["Y_COORDINATE"]) == (X, Y)
    assert "LNG" not in dpa


async def test_where_the_grid_of_ostn15_ends_nothing_is_made_up(call_places):
    assert (await call_places("uprn", uprn=7300)).json()["header"]["totalresults"] == 1
    response = await call_places("uprn", uprn=7300, output_srs="WGS84")
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("Parameter output_srs: one of the addresses lies")


def parse_xml(document):
    """The XML answer as the JSON one, all values text."""
    root = fromstring(document)
    assert root.tag == "SearchResults"
    body = {"header": {element.tag: element.text or "" for element in root.find("header")}}
    if (listed := root.find("results")) is not None:
        assert {item.tag for item in listed} == {"result"}
        body["results"] = [
            {dataset.tag: {element.tag: element.text or "" for element in dataset} for dataset in result}
            for result in listed
        ]
    return body


def as_text(body):
    """The JSON answer with all values text."""
    results = [
        {dataset: {name: str(value) for name, value in fields.items()} for dataset, fields in result.items()}
        for result in body.get("results", [])
    ]
    header = {name: str(value) for name, value in body["header"].items()}
    return {"header": header, **({"results": results} if results else {})}


@pytest.mark.parametrize("more", [{}, {"dataset": "LPI,DPA"}, {"output_srs": "EPSG:4326"}])
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_xml_says_what_json_says_in_the_same_order(call_places, operation, more):
    parameters = {**OPERATIONS[operation], **more}
    as_json = await call_places(operation, **parameters)
    as_xml = await call_places(operation, **parameters, format="xml")
    assert as_xml.headers["content-type"] == "application/xml"
    parsed, expected = parse_xml(as_xml.text), as_text(as_json.json())
    assert parsed["header"]["format"] == "XML"
    for header in (parsed["header"], expected["header"]):
        del header["uri"], header["format"]
    assert parsed == expected
    assert [list(result.items()) for result in parsed["results"]] == [
        list(result.items()) for result in expected["results"]
    ]


async def test_xml_holds_whatever_an_address_or_a_query_holds(call_places):
    body = parse_xml((await call_places("uprn", uprn=7200, format="XML")).text)
    assert body["results"][0]["DPA"]["ORGANISATION_NAME"] == "BROWN & <SONS> \"LTD\" 'Ŷ'"
    for query in ("\x00\x0b\ufffe", "]]>", "&amp;<!--", "\U0001f3e0", "\ud7ff", "a\r\nb\tc"):
        echoed = parse_xml((await call_places("find", query=query, format="XML")).text)["header"]["query"]
        assert echoed == "query=" + re.sub("[\x00\x0b\ufffe]", "\ufffd", query)


async def test_nothing_found_is_xml_without_results(call_places):
    assert parse_xml((await call_places("postcode", postcode="ZE1 0AA", format="XML")).text).keys() == {
        "header"
    }


@pytest.mark.parametrize(
    ("accepts", "form"),
    [("application/xml", "XML"), ("text/xml;q=0.9, application/xml", "XML"), ("*/*", "JSON"),
     ("application/xml, application/json", "JSON"), ("text/html,application/xml;q=0.9,*/*;q=0.8", "JSON")],
)  # fmt: skip
async def test_xml_goes_to_those_who_accept_nothing_else(call_places, accepts, form):
    response = await call_places("uprn", headers={"Accept": accepts}, uprn=2001)
    assert response.headers["content-type"] == f"application/{form.lower()}"
    json_answer = await call_places("uprn", headers={"Accept": accepts}, uprn=2001, format="JSON")
    assert json_answer.headers["content-type"] == "application/json"


async def test_errors_come_in_the_form_that_was_asked(call_places, client):
    for response, status in (
        (await call_places("uprn", uprn="x", format="XML"), 400),
        (await call_places("postcode", postcode="<X>&", format="XML"), 400),
        (await call_places("nothing", format="XML"), 404),
        (await client.get(f"{PLACES}/uprn?uprn=1&format=XML"), 401),
        (await client.put(f"{PLACES}/uprn?uprn=1", headers={"Accept": "text/xml"}), 405),
    ):
        assert response.status_code == status
        root = fromstring(response.text)
        assert (root.tag, root.findtext("statuscode")) == ("error", str(status))
        assert root.findtext("message")


HOSTILE = ["", " ", "\x00", "\x1f\x7f", "'; DROP TABLE place; --", "\U0001f3e0" * 20, "nan", "-1", "1e999",
           "%", "x" * 501, "٣", "[]", "{}", "<a>", "null"]  # fmt: skip
COMMON = ["format", "dataset", "lr", "output_srs", "fq"]
OWN = {
    "postcode": ["postcode", "maxresults", "offset"],
    "uprn": ["uprn"],
    "find": ["maxresults", "offset", "minmatch", "matchprecision", "bbox"],
    "nearest": ["point", "radius", "srs"],
    "radius": ["point", "radius", "srs", "maxresults", "offset"],
    "bbox": ["bbox", "srs", "maxresults", "offset"],
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_every_parameter_refuses_what_it_cannot_mean_by_its_name(call_places, operation):
    for name in [*COMMON, *OWN[operation]]:
        for value in HOSTILE:
            response = await call_places(operation, **{**OPERATIONS[operation], name: value})
            assert response.status_code == 400, (name, value, response.text)
            error = PlacesError.model_validate(response.json()).error
            assert error.statuscode == 400
            assert name in error.message, (name, value, error)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_what_is_missing_is_named_and_what_is_unknown_is_passed_over(call_places, operation):
    needed = next(iter(OPERATIONS[operation]))
    error = (await call_places(operation)).json()["error"]
    assert (error["statuscode"], error["message"]) == (400, f"Parameter {needed}: Field required")
    usual = (await call_places(operation, **OPERATIONS[operation])).json()
    more = (await call_places(operation, **OPERATIONS[operation], nonsense="1", radius_="x")).json()
    assert more["results"] == usual["results"]


@pytest.mark.parametrize("operation", ["nearest", "uprn"])
async def test_nearest_and_uprn_have_no_pages(call_places, operation):
    body = (
        await call_places(operation, **OPERATIONS[operation], offset=5, maxresults=1, dataset="DPA,LPI")
    ).json()
    assert (body["header"]["offset"], len(body["results"])) == (0, 2)


async def send_raw(app, path, query, key):
    """The answer's status and body to a request no usual client would send."""
    messages = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query, "state": {},
        "headers": [(b"host", b"test.invalid"), (b"x-api-key", key.encode())],
        "client": ("127.0.0.1", 1), "server": ("test.invalid", 80),
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        messages.append(message)

    await app(scope, receive, send)
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages)


@pytest.mark.parametrize("size", [20_000, 10_000_000])
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_query_string_of_any_size_is_refused_and_its_parameter_named(
    call_places, app, mint, operation, size
):
    for name in (next(iter(OPERATIONS[operation])), "fq", "unknown"):
        query = b"format=XML&%s=%s" % (name.encode(), b"a" * size)
        key = mint(scopes=["address:read"])
        status, body = await send_raw(app, f"{PLACES}/{operation}", query, key)
        assert status == 400
        assert f"Parameter {name}: ".encode() in body


@pytest.mark.parametrize("field", ["CLASSIFICATION_CODE", "classification_code", "Classification_Code"])
async def test_filters_take_names_and_codes_in_either_case_and_several_codes(call_places, field):
    async def total(operation, *fq):
        response = await call_places(operation, **OPERATIONS[operation], fq=list(fq))
        return response.json()["header"]["totalresults"]

    for operation in ("postcode", "radius", "bbox"):
        unfiltered = await total(operation)
        flats = await total(operation, f"{field}:rd06")
        assert 0 < flats < unfiltered
        assert await total(operation, f"{field}:RD06 {field}:PP") == flats + 1
        assert await total(operation, f"{field}:rd06 pp") == flats + 1
        assert await total(operation, f"{field}:RD*", f"{field}:PP") == 0
        status_filters = "logical_status_code:1 LOGICAL_STATUS_CODE:6"
        assert await total(operation, status_filters, "country_code:E") == unfiltered
        assert await total(operation, "local_custodian_code:114") == unfiltered
        assert await total(operation, "LOCAL_CUSTODIAN_CODE:113 9078") == 0


@pytest.mark.parametrize("operation", ["uprn", "find", "nearest"])
async def test_a_custodians_code_filters_where_one_address_is_asked(call_places, operation):
    for code, has_results in (("114", True), ("9078", False)):
        response = await call_places(operation, **OPERATIONS[operation], fq=f"LOCAL_CUSTODIAN_CODE:{code}")
        assert ("results" in response.json()) is has_results


async def test_a_long_query_in_other_letters_is_found_or_not_but_never_a_fault(call_places):
    for query in (quote("ö" * 80), "1 " * 200, "ﷺ" * 200, "FLAT " * 100, "BA1" * 100):
        assert (await call_places("find", query=query)).status_code == 200
