"""A council's own export, laid out after DTF 7.3: classes, organisations and postcodes stand elsewhere."""

import pytest

from address.gazetteer_files.rules import layouts, records
from address.gazetteer_files.rules.column_types import column_type
from address.loading.actions import command
from services.address.tests.samples import ACACIA, GAZETTEER, row
from services.address.tests.samples_addressbase import changes, dtf, line

pytestmark = pytest.mark.usefixtures("emptied")
DENTIST = row(1013, number="14A", organisationname="OAK DENTAL PRACTICE", classificationcode="CR08")


async def test_an_export_is_known_by_its_version_and_loaded(load_supply, rows_of):
    code, summary = await load_supply(dtf(GAZETTEER))
    assert (code, summary["format"], summary["created"]) == (command.DONE, "DTF 7.3", len(GAZETTEER))
    places = await rows_of("""SELECT classification, organisation, postcode, post_town, building_number
        FROM place WHERE uprn = 1013""")
    assert places == [("CR08", "OAK DENTAL PRACTICE", "BA1 5AA", "BATH", "14A")]
    assert await rows_of("SELECT count(*) FROM place WHERE delivery") == [(len(GAZETTEER),)]
    assert await rows_of("SELECT count(*) FROM delivery_point") == [(0,)]


async def test_a_change_of_class_organisation_and_postcode_comes_through(load_supply, rows_of):
    await load_supply(dtf([*ACACIA, DENTIST]))
    blpu = {"uprn": 1013, "easting": "375000.25", "northing": "165000.75", "classification": "CR07"}
    lpi = {"uprn": 1013, "lpi_key": "0114L000001013", "usrn": "90000001", "pao_start_number": 14,
           "pao_start_suffix": "A", "postcode": "BA1 5AC", "post_town": "BATH"}  # fmt: skip
    code, summary = await load_supply(changes(("21", blpu, "U"), ("24", lpi, "U"), version="7.3"))
    assert (code, summary["changed"]) == (command.DONE, 1)
    places = await rows_of("SELECT classification, organisation, postcode FROM place WHERE uprn = 1013")
    assert places == [("CR07", None, "BA1 5AC")]


async def test_a_postcode_may_change_with_the_address_alone(load_supply, rows_of):
    await load_supply(dtf(ACACIA))
    lpi = {"uprn": 1001, "lpi_key": "0114L000001001", "usrn": "90000001", "pao_start_number": 1,
           "postcode": "BA1 5AC", "post_town": "BATH"}  # fmt: skip
    await load_supply(changes(("24", lpi, "U"), version="7.3"))
    assert await rows_of("SELECT postcode FROM place WHERE uprn = 1001") == [("BA1 5AC",)]


async def test_wards_and_parishes_come_with_the_property(load_supply, rows_of):
    wards = {"ward": "E05001935", "parish": "E04000001"}
    house = {"uprn": 1001, "easting": "375000", "northing": "165000", "classification": "RD04"}
    await load_supply(dtf(ACACIA))
    await load_supply(changes(("21", house | wards, "U"), version="7.3"))
    assert await rows_of("SELECT ward, parish FROM place WHERE uprn = 1001") == [("E05001935", "E04000001")]


async def test_records_that_only_join_others_are_read_over(load_supply):
    body = dtf(ACACIA).splitlines(keepends=True)
    body.insert(3, '12,"I",99,90000001,1,2\n')
    body[-1] = body[-1].replace(f"99,0,{len(body) - 4},", f"99,0,{len(body) - 3},")
    code, summary = await load_supply("".join(body))
    assert (code, summary["read_over"]) == (command.DONE, {"12": 1, "29": 1})


async def test_an_order_that_is_not_the_layouts_is_refused_and_not_misread(load_supply, rows_of):
    code, summary = await load_supply(dtf(ACACIA).replace('"7.3"', '"2.1"'))
    assert (code, summary["outcome"], summary["line"]) == (command.REFUSED, "rejected", 3)
    assert await rows_of("SELECT count(*) FROM street") == [(0,)]


@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda field: field.name)
def test_a_line_that_needs_no_second_look_would_be_taken_on_a_second_look(layout):
    """The pattern and the converters of a kind must agree: what one takes as it stands the other keeps."""
    for record, record_format in records.compile_formats(layout).items():
        code = "RD04" if record in {"21", "32"} else 1
        text = line(layout.versions[0], "I", 1, record, {"uprn": 1, "usrn": 1, "successor": 2, "udprn": 3,
            "lpi_key": "L", "org_key": "O", "succ_key": "S", "xref_key": "X", "class_key": "C",
            "easting": 1, "northing": 1, "postcode": "BA1 1AA", "classification": code, "reference": "R",
            "scheme": "S", "organisation": "O", "description": "D"}).rstrip("\n")  # fmt: skip
        assert record_format.matches(text), record
        for field, value in zip(record_format.types, records.split_line(1, text)[1:], strict=True):
            assert field.convert(value) == value


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("easting", ["0", "699999.99", "700000"]),
        ("northing", ["0", "999999.5", "1299999", "1300000"]),
        ("day", ["2024-02-29", "2023-12-31", "1900-01-01"]),
        ("uprn", ["1", "999999999999"]),
        ("postcode", ["M1 1AA", "EC1A 1BB"]),
    ],
)
def test_the_ends_of_every_range_are_in_it(name, values):
    assert [column_type(name).convert(value) for value in values] == values


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("easting", ["-1", "700000.1", "1e5", ""]),
        ("northing", ["1300000.5", "NaN"]),
        ("day", ["2023-02-29", "20240101", "2024-13-01", "today", "infinity"]),
        ("uprn", ["0", "1000000000000", "1_000", "0x1F", "\u0663", "-1"]),
        ("number", ["10000", "1.5"]),
    ],
)
def test_what_is_outside_is_told_so(name, values):
    for value in values:
        with pytest.raises(ValueError, match="must be"):
            column_type(name).convert(value)


async def test_a_property_without_a_postcode_is_left_out_and_counted(load_supply, rows_of):
    field = row(5000, postcode="", name="THE LONG FIELD", number="", organisationname="A FARM")
    barn = row(5001, parentuprn="5000", name="THE BARN", number="")
    code, summary = await load_supply(dtf([*ACACIA, field, barn]))
    assert (code, summary["created"], summary["without_postcode"]) == (command.DONE, len(ACACIA) + 1, 1)
    assert await rows_of("SELECT count(*) FROM organisation") == [(0,)]
    await load_supply(changes(("24", {"uprn": 5001, "lpi_key": "0114L000005001", "usrn": "90000001",
                                      "pao_text": "THE OLD BARN"}, "U"), version="7.3"))  # fmt: skip
    assert await rows_of("SELECT building_name, postcode FROM place WHERE uprn = 5001") == [
        ("THE OLD BARN", "BA1 5AA")
    ]
