"""Scenarios with their own terms, closures and proclamations; and what a document of them refuses."""

import pytest

from casework.case_types.actions.library import find_files
from casework.case_types.actions.simulations import play_scenarios
from casework.case_types.rules.scenarios import read_scenarios
from casework.language.rules.compilation import compile_case_type
from casework.shared.faults import CaseTypeError

from .library_sources import SAMPLES

APPEAL = next(path for path in SAMPLES if path.endswith("appeal.yaml"))


@pytest.mark.parametrize("path", SAMPLES)
def test_the_scenarios_of_a_sample_hold(path):
    assert [str(fault) for fault in play_scenarios(find_files(path), "", lambda _: None)] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2026-06-01: 2026-07-21", "2026-06-01: 2026-09-21", "lies outside that school year"),
        ("2025-11-03: 2025-12-19", "2025-10-03: 2025-12-19", "begins before the one before it has ended"),
        ("[2026-03-06]", "[2026-04-06]", "is in no term"),
        ("2026-03-06: 2026-03-06", "2026-02-30: 2026-03-06", "day is out of range"),
    ],
)
def test_days_that_cannot_be_are_faults_with_their_scenario(tmp_path, old, new, message):
    files = find_files(APPEAL)
    for ending in (".yaml", ".cy.yaml", ".test.yaml"):
        text = files.find(ending)
        changed = text.replace(old, new) if ending == ".test.yaml" else text
        (tmp_path / f"appeal{ending}").write_text(changed)
    faults = play_scenarios(find_files(str(tmp_path / "appeal.yaml")), "", lambda _: None)
    assert any(message in str(fault) and ".calendar" in fault.path for fault in faults), faults


@pytest.mark.parametrize(("old", "new"), [('"2025"', '"25"'), ("school_years:", "school_yeers:")])
def test_a_key_that_is_none_is_refused_with_its_line(old, new):
    with pytest.raises(CaseTypeError) as refused:
        read_scenarios("appeal.test.yaml", find_files(APPEAL).find(".test.yaml").replace(old, new))
    assert all(fault.line > 1 for fault in refused.value.faults)


def test_a_clock_of_school_days_says_whose():
    files = find_files(APPEAL)
    text = files.find(".yaml").replace("admission_authority: authority\n", "")
    with pytest.raises(CaseTypeError, match="nothing says whose school days"):
        compile_case_type("appeal.yaml", text, files.find(".cy.yaml"))
