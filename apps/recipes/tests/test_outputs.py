"""What capabilities and pages are sent of a bundle; what compiling costs."""

import time
from datetime import UTC, date, datetime

import jsonschema
import pytest
from ruamel.yaml import YAML

from apps.recipes.bundle import dump_bundle, load_bundle
from apps.recipes.compile.bindings import BindingError, make_draft
from apps.recipes.compile.cases import list_fact_fields
from apps.recipes.compile.outputs import (
    list_public_charges,
    make_fields_schema,
    make_finder_entry,
    make_privacy_notice,
)
from apps.recipes.decision import decide
from apps.recipes.expressions.days import add_workdays, count_workdays, list_holidays
from apps.recipes.kinds.answers import check_answer
from apps.recipes.kinds.kinds import KINDS
from apps.recipes.kinds.messages import ERRORS
from apps.recipes.services import compile_service
from apps.recipes.tests.conftest import ROOT

LIBRARY = ROOT / "services" / "casework" / "src" / "casework"


CASE_TYPES = ("missed-bin", "garden-waste", "parking-permit")


def read_type(code):
    path = LIBRARY / "case_types" / "library" / f"{code}.yaml"
    return YAML(typ="safe", pure=True).load(path.read_text())


def declare(code):
    """What casework says may be set, in its API's words; the text that ships has it too."""
    document = read_type(code)
    parameters = {
        name: {**keys, "minimum": keys.get("min"), "maximum": keys.get("max")}
        for name, keys in document.get("parameters", {}).items()
    }
    lines = {name: {"by": ""} | keys for name, keys in document.get("fee", {}).get("lines", {}).items()}
    return parameters, {name: keys for name, keys in lines.items() if "amount" in keys}


SERVICES = [(council, service) for council in ("citytown", "hillshire") for service in sorted(CASE_TYPES)]


@pytest.mark.parametrize(("council", "service"), SERVICES)
def test_every_service_binds_its_case_type(bundles, council, service):
    bundle = bundles[council, service]
    parameters, lines = declare(bundle.case.partition("@")[0])
    draft = make_draft(bundle, parameters, lines)
    assert draft["parameters"].keys() <= parameters.keys()
    assert set(draft["prices"]) == {line.id for line in (bundle.fee.lines if bundle.fee else ())}
    assert draft == make_draft(load_bundle(dump_bundle(bundle)), parameters, lines)


def test_what_is_set_is_what_casework_is_sent(bundles):
    def bind(council, service):
        return make_draft(bundles[council, service], *declare(service))

    assert bind("hillshire", "missed-bin") == {
        "parameters": {"report_within": 3, "return_within": 5},
        "prices": {},
    }
    garden = bind("citytown", "garden-waste")
    assert garden["parameters"] == {
        "season_from": "04-01",
        "deliver_within": 5,
        "cool_off": 14,
        "renew_from": 30,
        "fund": "GW",
    }
    assert garden["prices"]["first"]["tariffs"] == [
        {"from": "2026-04-01", "pence": 5900},
        {"from": "2027-04-01", "pence": 6200},
    ]
    permit = bind("hillshire", "parking-permit")
    assert permit["parameters"]["lasts"] == 6
    assert permit["prices"]["permit"]["tariffs"] == [
        {
            "bands": [{"from": 0, "pence": 0}, {"from": 1, "pence": 4000}, {"from": 151, "pence": 8000}],
            "unknown": 8000,
        }
    ]
    assert permit["prices"]["diesel"]["tariffs"] == [{"pence": 5000}]


def test_what_the_case_type_does_not_allow_is_named_all_at_once(bundles):
    parameters, lines = declare("garden-waste")
    parameters["deliver_within"]["maximum"] = 4
    parameters["cool_off"]["unit"] = "weeks"
    del parameters["season_from"], lines["more"]
    with pytest.raises(BindingError) as refused:
        make_draft(bundles["citytown", "garden-waste"], parameters, lines)
    faults = {".".join(path): reason for path, reason in refused.value.faults}
    assert list(faults) == ["set.season", "set.deliver_within", "set.cool_off", "fee.lines.more"]
    assert "Did you mean season?" in faults["set.season"]
    assert "5 working days is not within 1 to 4 working days" in faults["set.deliver_within"]
    assert "counts it in: weeks" in faults["set.cool_off"]


def test_a_permit_says_what_was_confirmed(bundles):
    at = datetime(2026, 5, 5, 9, tzinfo=UTC)
    answers = {
        "address": {"uprn": "10000000001"},
        "plate": "AB12CDE",
        "whose": "me",
        "starts": "2026-05-20",
        "contact": {"post": True},
    }
    facts = {
        "home": {"uprn": "10000000001"},
        "zone": {"found": True, "name": "C", "car_free": False},
        "vehicle": {"found": True, "fuel": "PETROL", "co2": 120},
        "keeper": {"answer": "yes"},
        "held": {"active": 0},
    }
    person = {"signed_in": True, "proved": True}
    permit = list_fact_fields(bundles["citytown", "parking-permit"], answers, facts, at, person)
    assert permit == {
        "zone": "C",
        "co2": 120,
        "fuel": "PETROL",
        "clear": "yes",
        "home_proved": True,
        "keeper_confirmed": True,
    }
    assert permit.keys() <= read_type("parking-permit")["fields"].keys()
    doubtful = {**facts, "keeper": {"answer": "no"}}
    unsure = list_fact_fields(bundles["citytown", "parking-permit"], answers, doubtful, at, person)
    assert (unsure["clear"], unsure["keeper_confirmed"]) == ("no", False)


def test_answers_fit_the_schema_of_the_cases_fields(garden):
    schema = make_fields_schema(garden)
    answers = {"address": {"uprn": "1"}, "bins": 2, "name": "Ann", "contact": {"post": True}, "terms": True}
    jsonschema.validate(answers, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**answers, "bins": 4}, schema)


def test_the_notice_the_finder_and_the_charges_speak_both_languages(garden):
    notice = make_privacy_notice(garden)
    assert [row["kept"] for row in notice["questions"]] == ["", "", "", "1 year", "1 year", ""]
    assert make_finder_entry(garden)["name"]["cy"] == "Tanysgrifio i gasgliadau'r bin brown"
    charges = list_public_charges(garden, date(2026, 12, 1))
    assert [price["pence"] for price in charges[0]["prices"]] == [5900, 6200]
    assert charges[0]["decided"]["on"] == "2026-02-12"


def test_each_kind_has_its_messages_in_both_languages(bundles):
    for kind in KINDS:
        for code in (
            "empty",
            "wrong",
            *(bound for bound in KINDS[kind].bounds if bound not in {"inside", "hold"}),
        ):
            assert ERRORS[f"{kind}.{code}"].en
            assert ERRORS[f"{kind}.{code}"].cy
    bins = bundles["citytown", "garden-waste"].by_question["bins"]
    error = check_answer(bins, 9, date(2026, 5, 5))
    assert (error.code, error.message.en, error.message.cy) == (
        "number.max",
        "Enter 3 or fewer",
        "Rhowch 3 neu lai",
    )


def test_a_machine_says_yes_or_leaves_it_to_an_officer(bundles, garden):
    assert decide(garden, {}, {}, datetime(2026, 5, 5, tzinfo=UTC)) == ""
    assert (
        decide(bundles["citytown", "parking-permit"], {}, {}, datetime(2026, 5, 5, tzinfo=UTC)) == "officer"
    )


def test_holidays_are_those_of_the_nation_and_of_casework():
    published = YAML(typ="safe", pure=True).load(
        (LIBRARY / "calendar" / "codelists" / "bank_holidays.json").read_text()
    )
    for division, nation in (("england_and_wales", "england"), ("scotland", "scotland")):
        days = {
            row["day"] for row in published["holidays"] if division in row["nations"] and row["day"] >= "2025"
        }
        assert {day.isoformat() for day in list_holidays(nation)} == days
    friday, tuesday = (
        date(2026, 4, 3),
        date(2026, 4, 7),
    )  # Good Friday; Easter Monday is no holiday in Scotland
    assert count_workdays(friday, tuesday, "england") == 1
    assert count_workdays(friday, tuesday, "scotland") == 2
    assert count_workdays(tuesday, friday, "scotland") == -2
    assert add_workdays(friday, 1, "scotland") == date(2026, 4, 6)


def test_compiling_again_is_quick(folder, councils):
    start = time.process_time()
    for _ in range(10):
        compile_service(folder, councils["citytown"], "garden-waste")
    assert (time.process_time() - start) / 10 < 0.05
