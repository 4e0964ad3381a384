"""The case types that ship: they compile, they name their law, and their scenarios hold."""

import pytest

from casework.case_types.actions.library import UnknownCaseTypeError, find_files, list_codes, load
from casework.case_types.actions.simulations import play_scenarios
from casework.case_types.rules.bound_types import BindingError, bind

from .library_sources import read_scenario_file

CODES = list_codes()


@pytest.mark.parametrize("code", CODES)
def test_a_type_compiles_under_its_own_name(code):
    assert load(code).code == code


@pytest.mark.parametrize("code", CODES)
def test_every_scenario_of_a_type_holds(code):
    lines = []
    faults = play_scenarios(find_files(code), "", lines.append)
    assert [str(fault) for fault in faults] == []
    assert any("state:" in line for line in lines)


@pytest.mark.parametrize("code", CODES)
def test_scenarios_reach_an_end_and_refuse_something(code):
    """A type whose scenarios never end or refuse shows nothing of its hard part."""
    steps = [
        step
        for scenario in read_scenario_file(code)[1].scenarios.values()
        for step in scenario.steps.values()
    ]
    ends = {name for name, state in load(code).states.items() if state.end}
    assert ends & {step.state for step in steps}
    assert any(step.refused for step in steps)


@pytest.mark.parametrize("code", CODES)
def test_siblings_exist_and_name_one_another(code):
    case_type = load(code)
    for nation, sibling in case_type.siblings.items():
        assert nation in load(sibling).nations
        assert code in load(sibling).siblings.values()


@pytest.mark.parametrize("code", CODES)
def test_a_type_of_another_nation_is_refused_and_names_its_sibling(code):
    case_type = load(code)
    for nation in {"england", "wales", "scotland", "northern_ireland"} - case_type.nations:
        with pytest.raises(BindingError) as refusal:
            bind(case_type, nation, {})
        sibling = case_type.siblings.get(nation)
        assert (sibling or "There is no type for it.") in refusal.value.faults["nation"]


def test_parameters_out_of_bounds_are_refused_all_at_once():
    with pytest.raises(BindingError) as refusal:
        bind(load("missed-bin"), "england", {"report_within": 0, "return_within": "2", "retrun_within": 3})
    assert refusal.value.faults == {
        "report_within": "it must be 1 to 10 working days (Local waste collection policy)",
        "return_within": "it must be a integer",
        "retrun_within": "there is no such parameter. Did you mean return_within?",
    }


def test_a_type_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(UnknownCaseTypeError, match="missed-bin"):
        find_files("../settings")


# Clocks whose passage somebody has read in the Act, the regulations, the code or the regulator's page.
READ = {
    "abandoned-vehicle-scotland": {"windscreen", "owner"},
    "complaint": {"acknowledge", "stage_one"},
    "complaint-scotland": {"stage_one", "acknowledge_two", "stage_two"},
    "freedom-of-information": {"answer"},
    "freedom-of-information-scotland": {"review"},
    "planning-application": {"decide", "refund"},
    "subject-access-request": {"answer"},
    "temporary-event-notice": {"acknowledge", "copies", "decide"},
    "voter-registration": {"objection", "determine", "hearing_not_before", "hearing"},
}


@pytest.mark.parametrize("code", CODES)
def test_a_clock_says_it_is_verified_only_if_its_passage_was_read(code):
    """A council's own promise is never verified here: the council says whether it is what it promises."""
    clocks = load(code).clocks.values()
    assert all(clock.law.source and clock.law.basis for clock in clocks)
    assert {clock.id for clock in clocks if clock.law.verified} == READ.get(code, set())
