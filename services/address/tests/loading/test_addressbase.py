"""AddressBase Premium: full supplies and changes, what they do to the gazetteer and what they tell."""

import json

import pytest
from sqlalchemy import text

from address.events import PropertyCreated, PropertyRetired, StreetChanged, StreetCreated
from chassis.commands import ExitCode
from chassis.events import wrap
from chassis.testing import published
from services.address.tests.samples import ACACIA, GAZETTEER, row
from services.address.tests.samples_addressbase import addressbase, changes, properties, streets, supply

pytestmark = pytest.mark.usefixtures("emptied")
HOUSE = row(1001, number="1")
KEY = "0114L000001001"


async def test_a_full_supply_fills_every_table(load_supply, rows_of):
    code, summary = await load_supply(addressbase(GAZETTEER))
    assert code == ExitCode.DONE
    assert summary | {"outcome": "loaded", "created": len(GAZETTEER), "format": "AddressBase Premium 2",
                      "supply": "full", "elsewhere": 0} == summary  # fmt: skip
    assert summary["records"]["21"] == {"I": len(GAZETTEER)}
    for table in ("blpu", "lpi", "delivery_point", "cross_reference", "place", "history"):
        assert await rows_of(f"SELECT count(*) FROM {table}") == [(len(GAZETTEER),)], table
    assert await rows_of("SELECT count(*) FROM street_history") == [(5,)]


async def test_an_address_is_the_same_from_either_file(load_supply, write, load, rows_of):
    statement = """SELECT uprn, postcode, classification, parent_uprn, easting, northing, organisation,
        sub_building, building_name, building_number, street, usrn, post_town, country, custodian, delivery
        FROM place ORDER BY uprn"""
    await load(write(GAZETTEER), council="hillshire")
    plain = [row[:13] for row in await rows_of(statement)]
    await rows_of("TRUNCATE blpu, lpi, street, street_descriptor, organisation, place")
    await load_supply(addressbase(GAZETTEER))
    supplied = await rows_of(statement)
    assert [row[:13] for row in supplied] == plain
    assert {row[13:] for row in supplied} == {("E", 114, True)}


async def test_a_delivery_point_makes_the_place_postal(load_supply, rows_of):
    await load_supply(addressbase([HOUSE]))
    assert await rows_of("SELECT udprn, postal FROM place") == [(1002, "D")]
    delivery_points = await rows_of(
        "SELECT thoroughfare, building_number, postcode, delivery_point_suffix FROM delivery_point"
    )
    assert delivery_points == [("ACACIA ROAD", "1", "BA1 5AA", "1A")]
    await load_supply(changes(("28", {"uprn": 1001, "udprn": 1002, "postcode": "BA1 5AA"}, "D")))
    assert await rows_of("SELECT udprn, version FROM place") == [(None, 2)]


async def test_changes_are_applied_in_their_own_order_not_the_files(load_supply, rows_of):
    await load_supply(addressbase([HOUSE]))
    later, sooner = (
        {"uprn": 1001, "easting": f"37500{n}", "northing": "165000", "postcode": "BA1 5AA"} for n in (2, 1)
    )
    body = changes(("21", later, "U"), ("21", sooner, "U"))
    lines = body.splitlines(keepends=True)
    lines[2], lines[3] = lines[2].replace('"U",1,', '"U",9,'), lines[3].replace('"U",2,', '"U",8,')
    code, summary = await load_supply("".join(lines))
    assert (code, summary["superseded"]) == (ExitCode.DONE, 1)
    assert await rows_of("SELECT easting::integer FROM blpu") == [(375002,)]


@pytest.mark.parametrize(
    ("kinds", "stands"), [("IUD", False), ("IDI", True), ("DI", True), ("UD", False), ("I", True)]
)
async def test_the_last_word_on_an_organisation_wins(load_supply, rows_of, kinds, stands):
    await load_supply(addressbase([HOUSE]))
    record = {"uprn": 1001, "org_key": "0114O000000001", "organisation": "OAK BAKERY"}
    code, _ = await load_supply(changes(*(("31", record, kind) for kind in kinds)))
    assert code == ExitCode.DONE
    assert await rows_of("SELECT organisation FROM place") == [("OAK BAKERY" if stands else None,)]


async def test_a_deleted_property_is_retired_and_keeps_its_address(load_supply, rows_of, database):
    await load_supply(addressbase(ACACIA))
    blpu = {"uprn": 1001, "easting": "375000.25", "northing": "165000.75", "postcode": "BA1 5AA"}
    code, summary = await load_supply(
        changes(
            ("21", blpu, "D"),
            ("24", {"uprn": 1001, "lpi_key": KEY, "usrn": "90000001", "pao_start_number": 1}, "D"),
            ("30", {"uprn": 1001, "succ_key": "0114S000000001", "successor": 1002}, "I"),
        )
    )
    assert (code, summary["retired"], summary["changed"]) == (ExitCode.DONE, 1, 0)
    places = await rows_of(
        "SELECT logical_status, lpi_status, delivery, building_number, version FROM place WHERE uprn = 1001"
    )
    assert places == [(8, 8, False, "1", 2)]
    event = (await published(database))[-1]
    assert (event.type, event.sequence) == ("address.property.retired.v1", 2)
    assert PropertyRetired.model_validate(event.data, strict=True).successors == ["1002"]
    assert await rows_of(
        "SELECT kind, changes -> 'logical_status' FROM history WHERE uprn = 1001 AND version = 2"
    ) == [("retired", "[1, 8]")]


async def test_a_retired_uprn_is_not_taken_back(load_supply):
    blpu = {"uprn": 1001, "easting": "375000.25", "northing": "165000.75", "postcode": "BA1 5AA"}
    await load_supply(addressbase(ACACIA))
    await load_supply(changes(("21", blpu, "D")))
    code, summary = await load_supply(changes(("21", blpu, "I")))
    assert code == ExitCode.REFUSED
    assert "never used again" in summary["message"]
    assert summary["line"] == 3


async def test_a_full_supply_retires_what_it_does_not_hold(load_supply, rows_of):
    await load_supply(addressbase(GAZETTEER))
    code, summary = await load_supply(addressbase(GAZETTEER[3:]))
    assert (code, summary["retired"], summary["created"], summary["changed"]) == (ExitCode.DONE, 3, 0, 0)
    assert await rows_of("SELECT uprn FROM blpu WHERE logical_status = 8 ORDER BY uprn") == [
        (1001,),
        (1002,),
        (1003,),
    ]
    assert await rows_of("SELECT count(*) FROM lpi WHERE logical_status = 8") == [(3,)]


async def test_a_full_supply_that_would_retire_many_asks_first(load_supply, rows_of):
    await load_supply(addressbase(GAZETTEER))
    body = addressbase(ACACIA)
    code, summary = await load_supply(body)
    assert (code, summary["outcome"]) == (ExitCode.REFUSED, "too-many-retired")
    assert "--yes" in summary["message"]
    assert await rows_of("SELECT count(*) FROM blpu WHERE logical_status = 8") == [(0,)]
    code, summary = await load_supply(body, "--yes")
    assert (code, summary["retired"]) == (ExitCode.DONE, len(GAZETTEER) - len(ACACIA))
    assert await rows_of("SELECT usrn, state FROM street WHERE state = 4 ORDER BY usrn") == [
        (usrn, 4) for usrn in range(90000002, 90000006)
    ]


async def test_numbers_given_after_a_supplys_day_outlive_it(load_supply, rows_of):
    await load_supply(addressbase(ACACIA))
    await rows_of("UPDATE blpu SET logical_status = 6, entry_date = '2031-01-01' WHERE uprn = 1001")
    code, summary = await load_supply(addressbase(ACACIA[1:]))
    assert (code, summary["retired"]) == (ExitCode.DONE, 0)
    assert await rows_of("SELECT logical_status FROM blpu WHERE uprn = 1001") == [(6,)]


async def test_a_full_supply_twice_changes_nothing(load_supply, rows_of):
    await load_supply(addressbase(GAZETTEER))
    code, summary = await load_supply(addressbase(GAZETTEER), "--again")
    assert (code, summary["created"], summary["changed"], summary["retired"]) == (ExitCode.DONE, 0, 0, 0)
    assert summary["unchanged"] == len(GAZETTEER)
    assert await rows_of("SELECT max(version) FROM blpu") == [(1,)]
    assert (await load_supply(addressbase(GAZETTEER)))[1]["outcome"] == "already-loaded"


async def test_a_change_says_what_changed(load_supply, rows_of, database):
    await load_supply(addressbase(ACACIA))
    moved = {"uprn": 1001, "easting": "375111.5", "northing": "165000.75", "postcode": "BA1 5AB"}
    code, summary = await load_supply(changes(("21", moved, "U")))
    assert (code, summary["changed"], summary["created"]) == (ExitCode.DONE, 1, 0)
    assert await rows_of("SELECT changes ->> 'easting' FROM history WHERE version = 2") == [
        ("[375000.25, 375111.50]",)
    ]
    event = (await published(database))[-1]
    assert event.data["changed"] == ["easting", "postcode"]
    assert await rows_of("SELECT postcode, easting::text, version FROM place WHERE uprn = 1001") == [
        ("BA1 5AB", "375111.50", 2)
    ]


async def test_welsh_and_alternative_addresses_stand_beside_the_one_for_post(load_supply, rows_of):
    house = {"uprn": 1001, "usrn": "90000001", "pao_start_number": 1}
    records = [
        *streets([HOUSE]),
        ("15", {"usrn": "90000001", "description": "FFORDD ACASIA", "town": "CAERFADDON", "language": "CYM"}),
        *properties([HOUSE]),
        ("24", house | {"lpi_key": "0114L9", "language": "CYM"}),
        ("24", house | {"lpi_key": "0114L8", "logical_status": 3, "pao_text": "ROSE COTTAGE",
                        "pao_start_number": ""}),
        ("24", house | {"lpi_key": "0114L7", "logical_status": 6, "pao_start_number": 99}),
    ]  # fmt: skip
    code, _ = await load_supply(supply(records))
    assert code == ExitCode.DONE
    places = await rows_of("""SELECT street, post_town, building_name, building_number, lpi_status, delivery
        FROM place ORDER BY lpi_key""")
    assert places == [
        ("ACACIA ROAD", "BATH", None, "1", 1, True),
        ("ACACIA ROAD", "BATH", None, "99", 6, False),
        ("ACACIA ROAD", "BATH", "ROSE COTTAGE", None, 3, False),
        ("FFORDD ACASIA", "CAERFADDON", None, "1", 1, False),
    ]  # fmt: skip
    code, summary = await load_supply(changes(("24", house | {"lpi_key": "0114L8"}, "D")))
    assert (code, summary["changed"]) == (ExitCode.DONE, 1)
    assert await rows_of("SELECT changes FROM history WHERE version = 2") == [
        ('{"other_addresses": [3, 2]}',)
    ]


async def test_a_street_with_a_new_name_changes_its_addresses(load_supply, rows_of, database):
    await load_supply(addressbase(ACACIA))
    name = {
        "usrn": "90000001",
        "description": 'MIMOSA "GREEN", NORTH',
        "locality": "LANSDOWN",
        "town": "BATH",
    }
    code, summary = await load_supply(changes(("15", name, "U")))
    assert (code, summary["changed"]) == (ExitCode.DONE, len(ACACIA))
    assert await rows_of("SELECT DISTINCT street, locality FROM place") == [
        ('MIMOSA "GREEN", NORTH', "LANSDOWN")
    ]
    events = [event for event in await published(database) if event.type == "address.street.changed.v1"]
    assert [(event.subject, event.sequence) for event in events] == [("90000001", 2)]
    change = StreetChanged.model_validate(events[0].data, strict=True)
    assert (change.description, change.changed) == ('MIMOSA "GREEN", NORTH', ["description", "locality"])
    assert await rows_of("SELECT changes ->> 'locality' FROM street_history WHERE version = 2") == [
        ('["WALCOT", "LANSDOWN"]',)
    ]


async def test_streets_are_announced(load_supply, database):
    await load_supply(addressbase(GAZETTEER))
    events = [event for event in await published(database) if "street" in event.type]
    assert {event.type for event in events} == {"address.street.created.v1"}
    assert {event.subject for event in events} == {row_["usrn"] for row_ in GAZETTEER}
    created = [StreetCreated.model_validate(event.data, strict=True) for event in events]
    assert {(change.description, change.locality) for change in created} >= {
        ("ACACIA ROAD", "WALCOT"),
        ("ST JOHN'S ROAD", None),
    }


async def test_other_councils_properties_are_left_out(load_supply, rows_of):
    neighbour = row(7001, usrn="90000009", streetname="OTHER STREET")
    foreign = [
        (kind, values | ({"custodian": 116} if kind == "21" else {}))
        for kind, values in properties([neighbour])
    ]
    body = supply([*streets([HOUSE, neighbour]), *properties([HOUSE]), *foreign], custodian=9999)
    code, summary = await load_supply(body)
    assert (code, summary["created"]) == (ExitCode.DONE, 1)
    assert (summary["elsewhere"], summary["unchanged"]) == (len(foreign) + 2, 0)
    assert await rows_of("SELECT uprn FROM lpi") == [(1001,)]
    assert await rows_of("SELECT usrn FROM street") == [(90000001,)]


async def test_classes_of_other_schemes_are_read_over(load_supply, rows_of):
    class_record = (
        "32",
        {"uprn": 1001, "class_key": "0114C9", "classification": "CO01", "class_scheme": "VOA Scheme"},
    )
    code, summary = await load_supply(supply([*streets([HOUSE]), *properties([HOUSE]), class_record]))
    assert (code, summary["other_schemes"]) == (ExitCode.DONE, 1)
    assert await rows_of("SELECT classification FROM blpu") == [("RD04",)]


async def test_a_class_goes_only_with_its_own_record(load_supply, rows_of):
    await load_supply(addressbase([HOUSE]))
    fresh = {"uprn": 1001, "class_key": "0114C9", "classification": "RD03"}
    old = {"uprn": 1001, "class_key": "0114C000001001", "classification": "RD04"}
    await load_supply(changes(("32", fresh, "I")))
    await load_supply(changes(("32", old, "D")))
    assert await rows_of("SELECT classification FROM blpu") == [("RD03",)]
    await load_supply(changes(("32", fresh, "D")))
    assert await rows_of("SELECT classification FROM blpu") == [("UC",)]


HOME = {"uprn": 7, "easting": "1", "northing": "1", "postcode": "BA1 5AA"}
ADDRESS = {"uprn": 1001, "lpi_key": "X", "usrn": 90000001}
BAD = [
    (("21", HOME | {"uprn": 0}), "uprn", "a UPRN"),
    (("21", HOME | {"easting": "700001"}), "easting", "National Grid"),
    (("21", HOME | {"northing": "-1"}), "northing", "National Grid"),
    (("21", HOME | {"postcode": "NOWHERE"}), "postcode", "not a UK postcode"),
    (("21", HOME | {"start_date": "2023-02-29"}), "start_date", "a date"),
    (("21", HOME | {"logical_status": 9}), "logical_status", "status"),
    (("21", HOME), "uprn", "no address"),
    (("24", ADDRESS | {"usrn": 12345}), "usrn", "without a name"),
    (("24", ADDRESS | {"language": "FRA"}), "language", "language"),
    (("24", ADDRESS | {"pao_text": "X" * 91}), "pao_text", "90 is the most"),
    (("24", ADDRESS | {"uprn": 4444}), "uprn", "neither in the file"),
    (("28", {"uprn": 4444, "udprn": 1, "postcode": "BA1 5AA"}), "uprn", "neither in the file"),
    (("15", {"usrn": 777, "description": "LOST LANE"}), "usrn", "is no street"),
    (("11", {"usrn": 777}), "usrn", "no descriptor"),
    (("31", {"uprn": 1001, "org_key": "O", "organisation": "A\x00B"}), "organisation", "control character"),
    (
        ("32", {"uprn": 1001, "class_key": "0114C000001001", "classification": "XX99"}),
        "classification",
        "code",
    ),
]


@pytest.mark.parametrize(("bad", "column", "reason"), BAD)
async def test_a_bad_record_is_rejected_with_its_line_and_nothing_is_loaded(
    load_supply, rows_of, tmp_path, bad, column, reason
):
    records = [*streets([HOUSE]), *properties([HOUSE]), bad]
    code, summary = await load_supply(supply(records))
    assert (code, summary["outcome"]) == (ExitCode.REFUSED, "rejected")
    assert summary["line"] == 2 + len(records)
    assert reason in summary["message"]
    rejects = (tmp_path / "supply.csv.rejects.csv").read_text().splitlines()
    assert rejects[1].startswith(f"{2 + len(records)},{column},")
    assert await rows_of("SELECT count(*) FROM blpu") == [(0,)]


async def test_a_parent_must_be_known_and_no_loop(load_supply):
    orphan = row(1, parentuprn="77")
    assert "parent_uprn" in (await load_supply(addressbase([orphan])))[1]["message"]
    loop = [row(1, parentuprn="2"), row(2, parentuprn="3"), row(3, parentuprn="1")]
    code, summary = await load_supply(addressbase(loop))
    assert (code, summary["rejected"]) == (ExitCode.REFUSED, 3)


async def test_the_last_address_of_a_property_is_not_taken_away(load_supply):
    await load_supply(addressbase(ACACIA))
    code, summary = await load_supply(
        changes(("24", {"uprn": 1001, "lpi_key": KEY, "usrn": "90000001"}, "D"))
    )
    assert code == ExitCode.REFUSED
    assert "last address" in summary["message"]


async def test_the_envelope_is_the_one_that_everybody_makes(load_supply, database):
    await load_supply(addressbase([HOUSE]))
    async with database.reading() as session:
        envelopes = [
            row.envelope for row in await session.all(text("SELECT envelope FROM outbox ORDER BY id"))
        ]
    for body, received in zip(envelopes, await published(database), strict=True):
        event = {"property": PropertyCreated, "street": StreetCreated}[received.type.split(".")[1]]
        envelope = wrap(event(**received.data), source="urn:townhall:address", council="citytown",
                        subject=received.subject, sequence=1)  # fmt: skip
        expected = envelope.model_copy(update={"id": received.id, "time": received.time, "traceparent": None})
        expected_members = json.loads(expected.model_dump_json(exclude_none=True))
        assert list(json.loads(body).items()) == list(expected_members.items())


async def test_a_deleted_record_need_say_no_more_than_its_key(load_supply, rows_of):
    await load_supply(addressbase(ACACIA))
    body = changes(("21", {"uprn": 1001}, "D")).splitlines(keepends=True)
    blank = ",".join(['21,"D",1,1001', *[""] * 18]) + "\n"
    code, summary = await load_supply("".join([*body[:2], blank, *body[3:]]))
    assert (code, summary["retired"]) == (ExitCode.DONE, 1)
    assert await rows_of("SELECT logical_status FROM blpu WHERE uprn = 1001") == [(8,)]


async def test_changes_that_do_not_find_what_they_are_for_are_applied_and_counted(load_supply, rows_of):
    await load_supply(addressbase(ACACIA))
    new = properties([row(77)])
    existing = {"uprn": 1002, "easting": "375000.25", "northing": "165000.75", "postcode": "BA1 5AC"}
    missing = {"uprn": 4444, "lpi_key": "X", "usrn": "90000001"}
    records = [*((*record, "U") for record in new), ("21", existing, "I"), ("24", missing, "D")]
    code, summary = await load_supply(changes(*records))
    assert (code, summary["created"], summary["changed"]) == (ExitCode.DONE, 1, 1)
    assert summary["unexpected"] == {"insert_of_known": 1, "update_of_unknown": 2, "delete_of_unknown": 1}


async def test_a_property_cannot_lie_within_itself(load_supply):
    code, summary = await load_supply(addressbase([row(1, parentuprn="1")]))
    assert code == ExitCode.REFUSED
    assert "within itself" in summary["message"]


async def test_of_two_records_with_one_key_the_later_counts_from_the_first_load_on(load_supply, rows_of):
    duplicate = {"uprn": 1001, "easting": "375000", "northing": "165000", "postcode": "BA1 5AC"}
    code, summary = await load_supply(supply([*streets([HOUSE]), *properties([HOUSE]), ("21", duplicate)]))
    assert (code, summary["created"], summary["superseded"]) == (ExitCode.DONE, 1, 1)
    assert await rows_of("SELECT postcode, version FROM place") == [("BA1 5AC", 1)]
    assert await rows_of("SELECT count(*) FROM history") == [(1,)]


async def test_a_supply_takes_over_a_gazetteer_that_came_as_plain_csv(load_supply, load, write, rows_of):
    await load(write(GAZETTEER))
    code, summary = await load_supply(addressbase(GAZETTEER))
    assert (code, summary["created"], summary["retired"]) == (ExitCode.DONE, 0, 0)
    assert await rows_of("SELECT count(*), count(udprn), count(*) FILTER (WHERE delivery) FROM place") == [
        (len(GAZETTEER),) * 3
    ]
    assert await rows_of("SELECT count(*) FROM lpi WHERE lpi_key LIKE '%L000001001'") == [(1,)]
    code, lines = await load(write([row(1001, number="1", easting="375222")]))
    assert (code, lines[-1]["changed"], lines[-1]["created"]) == (ExitCode.DONE, 1, 0)


async def test_a_property_that_is_historic_already_is_taken_as_such(load_supply, rows_of):
    old = [(kind, values | {"logical_status": 8}) for kind, values in properties([row(1)])]
    code, summary = await load_supply(supply([*streets([row(1)]), *old]))
    assert (code, summary["created"]) == (ExitCode.DONE, 1)
    assert await rows_of("SELECT logical_status, lpi_status, delivery FROM place") == [(8, 8, False)]
