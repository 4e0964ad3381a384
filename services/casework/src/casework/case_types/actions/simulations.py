"""Play the scenarios of a case type: ``python -m chassis run casework simulate TYPE [SCENARIO]``.

TYPE is the code of a type that ships, or the path of a file. Every act is written with the rules that were
weighed, and every expectation that does not hold with its line.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from casework.calendar.actions.bank_holidays import build_calendars, read_code_list
from casework.calendar.rules.calendars import Calendars, Closure
from casework.calendar.rules.day_calendars import Span
from casework.calendar.rules.nations import Nation
from casework.case_types.actions.library import TypeFiles, UnknownCaseTypeError, find_files
from casework.case_types.rules.bound_types import BindingError, bind, write_prices
from casework.case_types.rules.scenario_calendars import add_days
from casework.case_types.rules.scenarios import check_step, read_scenarios
from casework.case_types.rules.simulation import Simulation
from casework.case_types.rules.trace import write_moment, write_type
from casework.documents.rules import json_schemas
from casework.documents.rules.scenarios import CalendarDocument, ScenarioDocument
from casework.engine.rules.deadlines import LawOfTime
from casework.model.rules.case_type import CaseType
from casework.settings import Settings
from casework.shared.faults import CaseTypeError, Fault
from casework.shared.yaml_source import Source
from chassis.commands import CommandError, ExitCode

Write = Callable[[str], object]


async def simulate(_: Settings, arguments: list[str]) -> int:
    """Play one scenario, or all of them. The exit code says whether all expectations hold."""
    if not 1 <= len(arguments) <= 2:  # noqa: PLR2004 - the type, and perhaps a scenario
        raise CommandError(ExitCode.USAGE, "simulate TYPE [SCENARIO]")
    return await asyncio.to_thread(_simulate, *arguments)


async def write_schemas(_: Settings, arguments: list[str]) -> int:
    """Write the JSON Schemas of case types and scenarios into a folder."""
    if len(arguments) != 1 or not await asyncio.to_thread(Path(arguments[0]).is_dir):
        raise CommandError(ExitCode.USAGE, "write-schemas FOLDER")
    for name, text in json_schemas.write_schemas().items():
        await asyncio.to_thread((Path(arguments[0]) / name).write_text, text, encoding="utf-8")
    return ExitCode.DONE


def _simulate(name: str, scenario: str = "") -> int:
    try:
        faults = play_scenarios(find_files(name), scenario, lambda line: sys.stdout.write(f"{line}\n"))
    except UnknownCaseTypeError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from None
    except CaseTypeError as error:
        faults = list(error.faults)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return ExitCode.REFUSED if faults else ExitCode.DONE


def play_scenarios(files: TypeFiles, chosen: str, write: Write) -> list[Fault]:
    """Play scenarios of a type and return the expectations that do not hold. Raises CaseTypeError."""
    case_type, text = files.compile(), files.find(".test.yaml")
    if text is None:
        raise UnknownCaseTypeError(f"{files.code} has no scenarios: write {files.code}.test.yaml.")
    source, document = read_scenarios(f"{files.code}.test.yaml", text)
    if chosen and chosen not in document.scenarios:
        names = ", ".join(document.scenarios)
        raise UnknownCaseTypeError(f"{files.code} has no scenario {chosen}; it has {names}.")
    faults: list[Fault] = []
    for name, scenario in document.scenarios.items():
        if chosen in {"", name}:
            write(f"# {name}")
            faults += play_scenario(case_type, source, name, scenario, write)
    return faults


def play_scenario(
    case_type: CaseType, source: Source, name: str, scenario: ScenarioDocument, write: Write | None = None
) -> list[Fault]:
    """Play one scenario; write what happens, and return the expectations that do not hold."""
    path = ("scenarios", name)
    try:
        bound = bind(case_type, scenario.nation, scenario.parameters, write_prices(scenario.prices))
    except BindingError as error:
        return [source.make_fault((*path, "nation"), str(error))]
    faults: list[Fault] = []

    def add(documents: Sequence[CalendarDocument]) -> Calendars:
        return add_days(make_calendars(scenario), read_code_list(), [scenario.calendar, *documents])

    try:
        add([step.calendar for step in scenario.steps.values() if step.calendar is not None])
        simulation = Simulation(bound, LawOfTime(add([])), add)
    except ValueError as error:
        return [source.make_fault((*path, "calendar"), f"{error}.")]
    write_lines(write, write_type(bound))
    for key, step, moments in simulation.play(scenario):
        for moment in moments:
            write_lines(write, write_moment(simulation, moment))
        faults += check_step(source, (*path, "steps", key), simulation, step, moments)
    return faults


def write_lines(write: Write | None, lines: Iterable[str]) -> None:
    """Write lines, if anybody reads them."""
    if write is not None:
        for line in lines:
            write(line)


def make_calendars(scenario: ScenarioDocument) -> Calendars:
    """Make the calendars of a scenario's council."""
    days = [date.fromisoformat(day) for day in scenario.closures]
    closures = tuple(Closure(Span(day, day), "closed") for day in days)
    return Calendars(Nation(scenario.nation), build_calendars(), closures)
