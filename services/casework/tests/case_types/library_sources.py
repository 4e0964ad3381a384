"""Reads the case types that ship as sources, so that tests can change them, and plays their scenarios."""

from functools import cache
from pathlib import Path

from casework.case_types.actions.library import find_files
from casework.case_types.actions.simulations import play_scenario
from casework.case_types.rules.scenarios import read_scenarios
from casework.shared.yaml_source import read_source

SAMPLES = [
    str(path)
    for path in sorted((Path(__file__).parent / "samples").glob("*.yaml"))
    if path.name.count(".") == 1
]


@cache
def read_type(code):
    files = find_files(code)
    welsh = files.find(".cy.yaml")
    catalogue = None if welsh is None else read_source(f"{code}.cy.yaml", welsh)
    return read_source(f"{code}.yaml", files.find(".yaml")), catalogue


@cache
def read_scenario_file(code):
    return read_scenarios(f"{code}.test.yaml", find_files(code).find(".test.yaml"))


def play_all(code, case_type):
    """Play every scenario of a type; give the first faults of the first that fails."""
    source, document = read_scenario_file(code)
    for name, scenario in document.scenarios.items():
        faults = play_scenario(case_type, source, name, scenario)
        if faults:
            return faults
    return []
