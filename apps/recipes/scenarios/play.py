"""Plays scenarios of a service and says where what came differs from what they expect."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from apps.recipes.bundle import Bundle
from apps.recipes.expressions.values import local_day
from apps.recipes.fees import NoPriceError
from apps.recipes.grammar.values import read_length, read_money
from apps.recipes.load.faults import Fault
from apps.recipes.scenarios.documents import Scenario
from apps.recipes.scenarios.simulation import Simulation, list_due, simulate

UK = "uk"
PEOPLE: dict[str, dict[str, bool] | None] = {
    "guest": None,
    "signed_in": {"signed_in": True, "proved": False},
    "proved": {"signed_in": True, "proved": True},
}


def select(scenarios: list[Scenario], owner: str) -> list[Scenario]:
    """Select those of a council: its own, and those that name none. ``uk`` is the recipe by itself."""
    return [scenario for scenario in scenarios if scenario.council in {"", owner}]


def play(bundle: Bundle, scenario: Scenario) -> Simulation:
    """Play a scenario. Raises NoPriceError."""
    return simulate(bundle, _fit(bundle, scenario), scenario.facts, scenario.at, PEOPLE[scenario.person])


def _fit(bundle: Bundle, scenario: Scenario) -> dict[str, Any]:
    """Leave out answers to questions that the council took out, and skip its own optional ones."""
    names = bundle.by_question
    answers = {
        name: value for name, value in scenario.answers.items() if name in names or name.startswith("stop.")
    }
    local_ones = {question.id: None for question in bundle.questions if question.local and question.optional}
    return {**local_ones, **answers}


def check_scenario(bundle: Bundle, file: str, scenario: Scenario, owner: str) -> Iterator[Fault]:
    """Play a scenario and compare. Sums are those of the council it names, or of the recipe."""
    place = (file, scenario.line, 1, f"{owner}: {scenario.title}")
    try:
        simulation = play(bundle, scenario)
    except NoPriceError as error:
        yield Fault(*place, f"{error}.", "Give a price for that day.")
        return
    exact = owner in {scenario.council, UK}
    actual = _describe(bundle, simulation)
    for key, value in scenario.expected.items():
        if key == "then" or (key in {"fee", "lines", "pages"} and not exact):
            continue
        expected = (
            read_money(value)
            if key == "fee"
            else _listed(value)
            if isinstance(actual.get(key), list)
            else value
        )
        if actual.get(key) != expected:
            yield Fault(
                *place,
                f"{key} is {_show(key, actual.get(key))}, not {_show(key, expected)}.",
                "Mend one of them.",
            )
    if exact:
        yield from _check_steps(bundle, place, scenario)


def _describe(bundle: Bundle, simulation: Simulation) -> dict[str, Any]:
    state = simulation.walk
    return {
        "pages": list(simulation.pages),
        "stop": state.id if state.outcome == "stop" else None,
        "decided": simulation.decided or None,
        "fee": simulation.pence if bundle.fee else None,
        "lines": [line.id for line in simulation.charges],
        "open": list(state.open),
        "later": [action.id for action in bundle.later],
        "kept": list(bundle.privacy.keep),
        "sign_in": bundle.sign_in,
    }


def _check_steps(bundle: Bundle, place: tuple[str, int, int, str], scenario: Scenario) -> Iterator[Fault]:
    now = scenario.at
    reactions = {reaction.event: reaction for reaction in bundle.reactions}
    for step in scenario.expected.get("then", []):
        length = read_length(step.get("wait"))
        now += (
            timedelta(**{length[1]: length[0]})
            if length and length[1] in {"hours", "days", "weeks"}
            else timedelta(0)
        )
        reaction = reactions.get(step.get("event", ""))
        if "do" in step and (reaction is None or reaction.do != step["do"]):
            actual = reaction.do if reaction else "nothing"
            yield Fault(*place, f"{step.get('event')} does {actual}, not {step['do']}.", "Mend one of them.")
        if "told" in step and bool(reaction and reaction.message) != bool(step["told"]):
            yield Fault(*place, f"at {step.get('event')} the person is told otherwise.", "Mend one of them.")
        due = list_due(bundle, local_day(now))
        for name, day in step.get("due", {}).items():
            if str(due.get(name)) != str(day):
                yield Fault(*place, f"due.{name} is {due.get(name)}, not {day}.", "Mend one of them.")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _show(key: str, value: Any) -> str:
    return f"£{value / 100:.2f}" if key == "fee" and isinstance(value, int) else str(value)
