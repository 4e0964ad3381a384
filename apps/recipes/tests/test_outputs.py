"""What capabilities and pages are sent of a bundle; what compiling costs."""

import time
from datetime import UTC, date, datetime

import jsonschema
import pytest
from ruamel.yaml import YAML

from apps.recipes.compile.outputs import (
    list_public_charges,
    make_draft,
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


def read_parameters(code):
    path = LIBRARY / "case_types" / "library" / f"{code}.yaml"
    return YAML(typ="safe", pure=True).load(path.read_text()).get("parameters", {})


def test_parameters_are_bound_within_the_case_types_bounds(bundles):
    draft = make_draft(bundles["hillshire", "missed-bin"], read_parameters("missed-bin"))
    assert draft == {"parameters": {"report_within": 3, "return_within": 5}}
    declared = {"report_within": {"unit": "working_days", "min": 1, "max": 2}}
    with pytest.raises(ValueError, match="declares no such parameter"):
        make_draft(
            bundles["hillshire", "missed-bin"], {"report_within": {**declared["report_within"], "max": 9}}
        )
    with pytest.raises(ValueError, match="at most 2"):
        make_draft(bundles["hillshire", "missed-bin"], declared)
    with pytest.raises(ValueError, match="counts it in days"):
        make_draft(
            bundles["hillshire", "missed-bin"], {"report_within": {"unit": "days", "min": 1, "max": 9}}
        )


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
