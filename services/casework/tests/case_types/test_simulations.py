"""Simulation: what it shows, and that an expectation that does not hold is a fault with its line."""

import subprocess
import sys

import pytest

from casework.case_types.actions.library import UnknownCaseTypeError, find_files
from casework.case_types.actions.simulations import play_scenarios
from casework.case_types.actions.simulations import simulate as simulate_command
from chassis.commands import CommandError, ExitCode
from chassis.testing import SEALING_KEY

from .library_sources import read_type


def simulate(code, scenario):
    lines = []
    faults = play_scenarios(find_files(code), scenario, lines.append)
    return "\n".join(lines), faults


def test_it_shows_states_clocks_with_due_dates_and_each_rule_with_its_values():
    text, faults = simulate("missed-bin", "crew_returns_after_easter_in_england")
    assert not faults
    assert "Thu 02 Apr 2026 09:00  action report, by resident" in text
    assert "actions.report.guards.day_has_come: yes  (" in text
    assert "field.collection_day = 2026-04-01, known.collection_day = True, today = 2026-04-02)" in text
    assert "clock return (start): due Wednesday 8 April 2026" in text
    assert "Friday 3 April 2026 did not count: Good Friday, a bank holiday in England and Wales." in text
    assert "state: collected, result collected" in text


def test_it_fires_timers_between_steps_and_says_why_an_act_is_refused():
    text, _ = simulate("temporary-event-notice", "a_decision_that_comes_too_late_is_none")
    assert "Sat 24 Oct 2026 11:00  timer not_decided, by system" in text
    assert "refused: This cannot be done now. (allowed) [actions.decide.from]" in text


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ("due: {return: 2026-04-08", "due: {return: 2026-04-09", 10, "due.return: it is 2026-04-08."),
        (
            "        state: reported\n        due",
            "        state: refused\n        due",
            9,
            "the case is reported.",
        ),
        ("messages: received", "messages: not_coming", 11, "they are: received."),
        (
            "refused: guards.in_time",
            "refused: guards.not_out",
            None,
            "but by: actions.report.guards.in_time.",
        ),
        ("        refused: guards.in_time\n", "", None, "it is refused by actions.report.guards.in_time"),
    ],
)
def test_a_wrong_expectation_is_a_fault(tmp_path, right, wrong, line, message):
    files = find_files("missed-bin")
    for ending in (".yaml", ".cy.yaml", ".test.yaml"):
        text = files.find(ending)
        if ending == ".test.yaml":
            assert right in text
            text = text.replace(right, wrong, 1)
        (tmp_path / f"missed-bin{ending}").write_text(text)
    faults = play_scenarios(find_files(str(tmp_path / "missed-bin.yaml")), "", lambda _: None)
    assert [message in str(fault) for fault in faults] == [True]
    assert line is None or faults[0].line == line


def test_an_unknown_scenario_is_refused_with_those_that_are():
    with pytest.raises(UnknownCaseTypeError, match="reported_twice"):
        simulate("missed-bin", "reported_thrice")


def test_types_are_read_with_the_place_of_every_key():
    source, _ = read_type("missed-bin")
    lines = find_files("missed-bin").find(".yaml").splitlines()
    for path, (line, column) in source.positions.items():
        if path and isinstance(path[-1], str):
            assert lines[line - 1][column - 1 :].lstrip("\"'").startswith(path[-1]), path


def test_the_command_plays_every_scenario_of_a_type():
    command = [sys.executable, "-m", "chassis", "run", "casework", "simulate", "missed-bin"]
    environment = {
        "CASEWORK_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "CASEWORK_SEALING_KEY": SEALING_KEY,
        "CASEWORK_BLOBS": "file:///nowhere",
        "CASEWORK_SCANNER": "test:",
    }
    completed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "# reported_twice" in completed.stdout


@pytest.mark.parametrize("arguments", [[], ["no-such-type"], ["missed-bin", "no_such"], ["a", "b", "c"]])
async def test_the_command_says_how_it_is_used(arguments):
    with pytest.raises(CommandError) as refusal:
        await simulate_command(None, arguments)
    assert refusal.value.code is ExitCode.USAGE
