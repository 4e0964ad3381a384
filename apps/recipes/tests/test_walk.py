"""The path is replayed from answers and facts: pages, stops, what to look up, and what fell off."""

import time
from datetime import UTC, datetime

import pytest

from apps.recipes.bundle import dump_bundle, load_bundle
from apps.recipes.fees import list_charges
from apps.recipes.tests.conftest import MORNING
from apps.recipes.walk import collect_values, walk

ANSWERS = {
    "address": {"uprn": "10000000001"}, "bins": 2, "have": 0, "name": "Ann Rees",
    "contact": {"email": "ann@example.org"}, "terms": True,
}  # fmt: skip
FACTS = {"round": {"found": True, "next": "2026-05-14"}, "held": {"active": 0}}


def test_a_bundle_is_the_same_after_json(bundles):
    for bundle in bundles.values():
        assert load_bundle(dump_bundle(bundle)) == bundle
        assert load_bundle(dump_bundle(bundle)).digest == bundle.digest


def test_the_path_goes_page_by_page_to_check(garden):
    pages = ["address", "bins", "have", "name", "contact", "terms"]
    for number, page in enumerate(pages):
        answers = {name: ANSWERS[name] for name in pages[:number]}
        state = walk(garden, answers, FACTS if number else {}, MORNING)
        assert (state.outcome, state.id, list(state.pages)) == ("page", page, pages[:number])
    assert walk(garden, ANSWERS, FACTS, MORNING).outcome == "check"


def test_a_fact_is_looked_up_once_its_inputs_are_known(garden):
    assert walk(garden, {}, {}, MORNING).lookups == ()
    lookups = walk(garden, {"address": {"uprn": "10000000001"}}, {}, MORNING).lookups
    assert [(lookup.fact, lookup.inputs) for lookup in lookups] == [
        ("round", {"address": "10000000001"}),
        ("held", {"address": "10000000001"}),
    ]
    assert lookups[1].settings == {"kind": "garden-waste"}


def test_a_stop_ends_the_path_at_the_first_page_where_it_is_known(garden):
    state = walk(garden, ANSWERS, {**FACTS, "held": {"active": 1}}, MORNING)
    assert (state.outcome, state.id, state.pages) == ("stop", "active", ("address",))


def test_a_fact_that_is_out_stops_or_is_unknown_as_the_recipe_says(garden):
    state = walk(garden, ANSWERS, {**FACTS, "round": None}, MORNING)
    assert (state.outcome, state.id, state.pages) == ("stop", "down.round", ("address",))
    state = walk(garden, ANSWERS, {**FACTS, "held": None}, MORNING)
    assert (state.outcome, state.open, state.down) == ("check", ("active",), ("held",))


@pytest.mark.parametrize("wrong", [0, 4, "2", True, None, 2.0])
def test_an_answer_that_does_not_hold_is_not_passed(garden, wrong):
    """Citytown empties one to three bins."""
    state = walk(garden, {**ANSWERS, "bins": wrong}, FACTS, MORNING)
    assert (state.outcome, state.id) == ("page", "bins")


def test_go_on_passes_a_stop_and_is_kept(bundles):
    missed = bundles["citytown", "missed-bin"]
    options = [{"value": "rubbish", "label": "Black bin"}, {"value": "food", "label": "Food caddy"}]
    facts = {
        "bins": {"options": options},
        "round": {"day": "2026-05-01", "finished": True, "unfinished": False, "next": "2026-05-08"},
        "crew": {"reason": "contaminated", "time": "08:12"},
        "earlier": {"reference": ""},
    }
    answers = {"address": {"uprn": "1"}, "bin": "rubbish", "kept": "edge", "contact": None}
    assert walk(missed, answers, facts, MORNING).id == "crew_noted"
    state = walk(missed, {**answers, "stop.crew_noted": True}, facts, MORNING)
    assert (state.outcome, state.disputed) == ("check", ("crew_noted",))
    # Friday 1 May: Monday 4 May is a bank holiday in England, so Tuesday is the first working day after.
    late = {**facts, "crew": {"reason": ""}, "round": {**facts["round"], "day": "2026-04-30"}}
    assert walk(missed, answers, late, MORNING).outcome == "check"
    later = datetime(2026, 5, 6, 9, tzinfo=UTC)
    assert walk(missed, answers, late, later).id == "too_late"
    assert walk(missed, {**answers, "bin": "garden"}, facts, MORNING).id == "bin"


def test_a_question_that_is_not_known_asks_and_one_that_is_not_needed_falls_off(bundles):
    permit = bundles["citytown", "parking-permit"]
    answers = {
        "address": {"uprn": "7"},
        "plate": "AB12CDE",
        "whose": "me",
        "starts": "2026-05-09",
        "contact": {"email": "a@b.org"},
    }
    facts = {
        "home": {"uprn": "7"}, "zone": {"found": True, "name": "C", "car_free": False}, "held": {"active": 0},
        "vehicle": {"make": "Ford", "colour": "red", "fuel": "PETROL", "co2": 120},
        "keeper": {"answer": "yes"},
    }  # fmt: skip
    person = {"signed_in": True, "proved": True}
    assert walk(permit, answers, facts, MORNING, person).pages == tuple(answers)
    assert walk(permit, answers, {**facts, "keeper": None}, MORNING, person).id == "vehicle_proof"
    assert walk(permit, answers, {**facts, "home": {"uprn": "8"}}, MORNING, person).id == "home_proof"
    assert walk(permit, {**answers, "vehicle_proof": ["f"]}, facts, MORNING, person).pages == tuple(answers)


def test_the_amount_is_the_days(garden):
    values = collect_values(garden, ANSWERS, FACTS, MORNING)
    charges = list_charges(garden, values, MORNING.date())
    assert [(line.id, line.each, line.times) for line in charges] == [("first", 5900, 1), ("more", 4500, 1)]
    next_april = datetime(2027, 4, 1, tzinfo=UTC).date()
    assert sum(line.pence for line in list_charges(garden, values, next_april)) == 6200 + 4500


def test_a_walk_takes_less_than_a_millisecond(garden):
    walk(garden, ANSWERS, FACTS, MORNING)
    start = time.process_time()
    for _ in range(50):
        walk(garden, ANSWERS, FACTS, MORNING)
    assert (time.process_time() - start) / 50 < 0.001 * 3, "three times the aim, for machines that are busy"
