"""Explores a case type by the engine: which states a case can come to, and from which it never ends."""

from dataclasses import replace
from datetime import UTC, date, datetime

from casework.calendar.rules.day_calendars import Span
from casework.calendar.rules.school_terms import SchoolYear
from casework.case_types.actions.simulations import make_calendars
from casework.documents.rules.scenarios import ScenarioDocument
from casework.engine.rules.deadlines import LawOfTime
from casework.engine.rules.decision import decide
from casework.model.rules.acts import Act, ActKind, Actor, Context, Decision
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import NEW, BoundType

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
SAMPLES = {
    "slot": "01hzy3t8qk5v7m9x2c4b6n8p0r.20260601T0900Z",
    "date": "2026-06-01",
    "date-time": "2026-06-01T10:00:00+01:00",
    "uprn": "1",
    "email": "a@example.org",
}


def find_dead_ends(case_type):
    """Find states that a case comes to and from which no action, whoever does it, leads to an end."""
    edges = explore(case_type)
    ending = {state for state in edges if state != NEW and case_type.states[state].end}
    while more := {state for state, after in edges.items() if after & ending} - ending:
        ending |= more
    return set(edges) - ending


def explore(case_type):
    """Do every action from every state a case comes to; guards are not asked, everything else holds."""
    nation = min(case_type.nations)
    bound = BoundType(
        open_everything(case_type),
        nation,
        {name: each.default for name, each in case_type.parameters.items()},
    )
    # A slot that no field chooses is what the submission holds.
    offered = {slot.pool: SAMPLES["slot"] for slot in case_type.slots.values() if not slot.choice}
    law = LawOfTime(make_all_calendars(nation))
    context = Context(law, dict.fromkeys(case_type.counts, 0), offered)
    fields = {name: make_value(field.schema) for name, field in case_type.fields.items()}
    edges, waiting = {}, [CaseState(fields=fields)]
    while waiting:
        case = waiting.pop()
        if case.state in edges:
            continue
        edges[case.state] = set()
        for action in case_type.actions.values():
            for result in action.results or ("",):
                act = Act(ActKind.ACTION, action.id, AT, Actor("a", frozenset({"any"})), result=result)
                decision = decide(bound, case, act, context)
                if isinstance(decision, Decision):
                    edges[case.state].add(decision.state.state)
                    waiting.append(decision.state)
    return edges


def make_all_calendars(nation):
    """Make the calendars of a nation, with school years of one term each."""
    scenario = ScenarioDocument.model_construct(nation=nation, closures=[])
    years = [SchoolYear(year, (Span(date(year, 9, 1), date(year + 1, 7, 20)),)) for year in range(2024, 2040)]
    return replace(make_calendars(scenario), authority="an authority", school_years=tuple(years))


def open_everything(case_type):
    """Let anybody do any action, to each of its states, whenever they like."""
    actions = {
        f"{name}": replace(action, guards=(), roles=frozenset({"any"}))
        for name, action in case_type.actions.items()
    }
    clocks = {name: replace(clock, offered_on=()) for name, clock in case_type.clocks.items()}
    return replace(case_type, actions=actions, clocks=clocks)


def make_value(schema):
    if schema["type"] == "array":
        return [make_value(schema["items"])]
    if schema["type"] == "integer":
        return schema.get("minimum", 1)
    if schema["type"] == "boolean":
        return True
    return schema.get("enum", [SAMPLES.get(schema.get("format"), "a")])[0]
