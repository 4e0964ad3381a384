"""What a recipe shows is what casework charges: the same lines and pence, on any day, for any answers."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.recipes.compile.bindings import make_draft
from apps.recipes.compile.cases import list_fact_fields
from apps.recipes.fees import list_charges
from apps.recipes.load.councils import read_councils
from apps.recipes.load.folder import RecipeFolder
from apps.recipes.services import compile_service
from apps.recipes.walk import collect_values
from casework.case_types.actions.library import load
from casework.case_types.actions.simulations import make_calendars
from casework.case_types.actions.views import get_shipped
from casework.case_types.rules.bound_types import bind
from casework.documents.rules.scenarios import ScenarioDocument
from casework.engine.rules.deadlines import LawOfTime
from casework.engine.rules.decision import decide
from casework.model.rules.acts import Act, ActKind, Actor, Context, Decision
from casework.model.rules.case_state import CaseState
from tests.guards.sources import ROOT

COUNCILS = {"citytown": "england", "hillshire": "scotland"}
PERSON = {"signed_in": True, "proved": True}
DAYS = st.dates(date(2026, 4, 1), date(2028, 12, 31))
GARDEN = st.fixed_dictionaries({"bins": st.integers(1, 3), "have": st.integers(0, 3)})
PERMIT = st.fixed_dictionaries(
    {
        "co2": st.one_of(st.none(), st.integers(0, 400)),
        "fuel": st.sampled_from([None, "PETROL", "DIESEL"]),
        "active": st.integers(0, 1),
    }
)


@pytest.fixture(scope="module")
def services():
    """The bundle and the bound case type of each service with a fee, by council and service."""
    file = ROOT / "dev" / "data" / "council_settings.yaml"
    settings_of = read_councils(file.name, file.read_text())
    prepared = {}
    for council, nation in COUNCILS.items():
        for service in ("garden-waste", "parking-permit"):
            bundle = compile_service(RecipeFolder(ROOT / "recipes"), settings_of[council], service)
            shipped = get_shipped(service).model_dump()
            draft = make_draft(bundle, shipped["declared_parameters"], shipped["declared_lines"])
            bound = bind(load(service), nation, draft["parameters"], draft["prices"])
            prepared[council, service] = bundle, bound
    return prepared


def charge(bound, fields, at, counts):
    """Open the case as casework does, by a machine of the council's, and list what it charges."""
    scenario = ScenarioDocument.model_construct(nation=bound.nation, closures=[])
    context = Context(LawOfTime(make_calendars(scenario)), dict.fromkeys(bound.case_type.counts, 0) | counts)
    roles = frozenset({"resident", *bound.case_type.roles})
    action = "join" if bound.case_type.code == "garden-waste" else "apply"
    act = Act(ActKind.ACTION, action, at, Actor("app", roles), fields=fields)
    decision = decide(bound, CaseState(), act, context)
    assert isinstance(decision, Decision), decision
    return {line.line: line.pence for line in decision.state.fee_lines}


def show(bundle, answers, facts, at):
    values = collect_values(bundle, answers, facts, at, PERSON)
    return {line.id: line.pence for line in list_charges(bundle, values, at.date()) if line.pence}


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(COUNCILS)), DAYS, GARDEN)
def test_garden_waste_costs_what_it_shows(services, council, day, chosen):
    bundle, bound = services[council, "garden-waste"]
    at = datetime.combine(day, time(12), UTC)
    answers = {
        "address": {"uprn": "100121"},
        **chosen,
        "name": "Ann",
        "contact": {"post": True},
        "terms": True,
    }
    facts = {"round": {"found": True}, "held": {"active": 0}}
    fields = {"uprn": "100121", "name": "Ann", **chosen}
    if "have" not in bundle.by_question:
        del fields["have"]
    assert charge(bound, fields, at, {}) == show(bundle, answers, facts, at)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(COUNCILS)), DAYS, PERMIT)
def test_a_permit_that_is_clear_costs_what_it_shows(services, council, day, fact):
    bundle, bound = services[council, "parking-permit"]
    at = datetime.combine(day, time(12), UTC)
    answers = {
        "address": {"uprn": "100121"},
        "plate": "AB12CDE",
        "whose": "me",
        "starts": day.isoformat(),
        "contact": {"post": True},
    }
    vehicle = {"found": True} | {name: fact[name] for name in ("co2", "fuel") if fact[name] is not None}
    facts = {
        "home": {"uprn": "100121"},
        "zone": {"found": True, "name": "C", "car_free": False},
        "vehicle": vehicle,
        "keeper": {"answer": "yes"},
        "held": {"active": fact["active"]},
    }
    known_facts = list_fact_fields(bundle, answers, facts, at, PERSON)
    assert known_facts["clear"] == "yes"
    fields = {"uprn": "100121", "plate": "AB12CDE", "starts": day.isoformat(), **known_facts}
    assert charge(bound, fields, at, {"same_home": fact["active"]}) == show(bundle, answers, facts, at)
