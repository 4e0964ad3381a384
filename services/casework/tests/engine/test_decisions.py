"""The engine: what each kind of act makes of a case, and what refuses it."""

import json
from datetime import timedelta

import pytest

from casework.case_types.rules.bound_types import bind
from casework.language.rules.compilation import compile_case_type
from casework.model.rules.acts import ActKind, Decision
from casework.model.rules.case_state import CaseState

from .cases import START, TYPE, Case, rules


def test_opening_a_case_decides_everything_that_follows():
    decision = Case().apply(age=30, old_case="ABC1")
    assert decision.state.state == "applied"
    assert decision.changes["score"] == 2
    assert decision.opened_tasks == ("medical", "identity")
    assert decision.due["decide"].on.isoformat() == "2026-03-16"
    assert [link.reference for link in decision.links] == ["ABC1"]
    assert [(slot.slot, slot.change) for slot in decision.slots] == [("interview", "hold")]
    assert decision.state.charged == 500
    assert set(decision.armed) == {"warn", "recheck"}


def test_a_refusal_changes_nothing_and_names_every_fault():
    case = Case()
    answer = case.act("apply", "resident", fields={"name": 7, "age": 200, "score": 9, "no_such": "x"})
    assert rules(answer) == ["fields.name", "fields.age", "fields.score", "fields.no_such"]
    assert case.state == CaseState()


@pytest.mark.parametrize(
    ("name", "by", "rule"),
    [
        ("no_such", "officer", "actions.no_such"),
        ("issue", "resident", "actions.issue.by"),
        ("issue", "officer", "actions.issue.from"),
        ("pass_checks", "officer", "actions.pass_checks.by"),
    ],
)
def test_what_may_not_be_done_is_refused(name, by, rule):
    case = Case()
    case.apply()
    assert rules(case.act(name, by)) == [rule]


def test_a_state_that_needs_a_field_is_not_entered_without_it():
    case = Case()
    answer = case.act("apply", "resident", fields={"proof": "f", "proof_day": "2026-03-02"})
    assert rules(answer) == ["states.applied.needs.name"]


def test_parallel_tasks_are_done_in_any_order_and_the_last_moves_the_case():
    case = Case()
    case.apply()
    assert case.task("identity", "officer").state.state == "applied"
    decision = case.task("medical", "doctor", outcome="fit")
    assert decision.state.state == "checked"
    assert decision.actions == ("pass_checks",)
    assert [new.fields for new in decision.sub_cases] == [{"who": "A"}]
    assert [slot.change for slot in decision.slots] == ["confirm"]


def test_a_task_whose_outcome_may_not_be_yet_is_refused_and_stays_open():
    case = Case()
    case.apply()
    assert rules(case.task("medical", "doctor", outcome="fit")) == ["actions.pass_checks.guards.all"]
    assert case.state.tasks["medical"].status == "open"


@pytest.mark.parametrize(
    ("task", "by", "outcome", "rule"),
    [
        ("medical", "officer", "fit", "tasks.medical.by"),
        ("medical", "doctor", "", "tasks.medical.outcomes"),
        ("medical", "doctor", "well", "tasks.medical.outcomes"),
        ("identity", "officer", "fit", "tasks.identity.outcomes"),
        ("dental", "doctor", "", "tasks.dental"),
    ],
)
def test_a_task_is_done_by_its_role_with_one_of_its_outcomes(task, by, outcome, rule):
    case = Case()
    case.apply()
    assert rules(case.task(task, by, outcome=outcome)) == [rule]


def test_an_end_drops_open_tasks_cancels_timers_and_gives_the_money_back():
    case = Case()
    case.apply()
    case.act("paid", "system", kind=ActKind.EVENT, data={"reference": "A", "amount": 500})
    decision = case.task("medical", "doctor", outcome="unfit")
    assert (decision.state.state, decision.state.result) == ("refused", "refused")
    assert decision.state.tasks["identity"].status == "dropped"
    assert decision.cancelled == ("warn", "recheck")
    assert decision.refund == 500
    assert [slot.change for slot in decision.slots] == ["release"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ({"reference": "B", "amount": 500}, "reactions.paid.where"),
        ({"amount": 500}, "reactions.paid.where"),
        ({"reference": "A", "amount": "500"}, "reactions.paid.amount"),
        ({"reference": "A", "amount": 0}, "reactions.paid.amount"),
        ({"reference": "A", "amount": True}, "reactions.paid.amount"),
        ({"reference": "A"}, "reactions.paid.amount"),
    ],
)
def test_an_event_that_is_not_about_the_case_pays_nothing(data, rule):
    case = Case()
    case.apply()
    answer = case.act("paid", "system", kind=ActKind.EVENT, data=data)
    assert rule in rules(answer)
    assert case.state.paid == 0


def test_money_that_comes_after_the_end_is_recorded_and_the_action_is_not_done():
    case = Case()
    case.apply()
    case.task("medical", "doctor", outcome="unfit")
    decision = case.act("paid", "system", kind=ActKind.EVENT, data={"reference": "A", "amount": 500})
    assert isinstance(decision, Decision)
    assert decision.actions == ()
    assert [reason.rule for reason in decision.not_done] == ["actions.pay.from"]
    assert (case.state.state, case.state.paid) == ("refused", 500)


def checked(**fields):
    case = Case()
    case.apply(**fields)
    case.task("identity", "officer")
    case.task("medical", "doctor", outcome="fit")
    return case


def test_every_guard_that_fails_is_named_in_its_words():
    answer = checked(age=17).act("issue")
    assert [reason.words.en for reason in answer.reasons] == ["Pay first.", "Adults only."]


def test_a_guard_on_what_is_not_known_refuses_with_the_reason():
    case = checked()
    case.act("paid", "system", kind=ActKind.EVENT, data={"reference": "A", "amount": 500})
    answer = case.act("issue")
    assert rules(answer) == ["actions.issue.guards.adult"]
    assert "field.age" in answer.reasons[0].detail


def test_evidence_expires_reopens_its_task_and_is_renewed():
    case = checked(age=30)
    case.act("paid", "system", kind=ActKind.EVENT, data={"reference": "A", "amount": 500})
    assert case.state.due_dates["proof_valid"].on.isoformat() == "2026-04-02"
    fired = case.act("recheck", "system", kind=ActKind.TIMER, after=timedelta(days=40))
    assert fired.opened_tasks == ("identity",)
    assert rules(case.act("issue")) == ["actions.issue.guards.proof"]
    case.act("renew_proof", fields={"proof": "g", "proof_day": "2026-04-10"})
    assert case.state.due_dates["proof_valid"].on.isoformat() == "2026-05-10"
    assert case.act("issue").state.state == "issued"


def test_a_timer_fires_when_due_once_and_its_message_is_filled():
    case = Case()
    case.apply()
    assert rules(case.act("warn", "system", kind=ActKind.TIMER)) == ["timers.warn"]
    fired = case.act("warn", "system", kind=ActKind.TIMER, after=timedelta(days=13))
    assert [message.body.en for message in fired.messages] == ["A by Monday 16 March 2026, ((reference))"]
    assert "warn" not in case.state.timers
    assert rules(case.act("warn", "system", kind=ActKind.TIMER)) == ["timers.warn"]


def test_a_corrected_time_moves_the_clock_and_its_timers():
    case = Case()
    case.apply()
    before = case.state.timers["warn"]
    decision = case.act("apply", kind=ActKind.CORRECTION, effective=START - timedelta(days=3))
    assert decision.due["decide"].on.isoformat() == "2026-03-13"
    assert decision.armed["warn"] == before - timedelta(days=3)
    assert rules(case.act("issue", kind=ActKind.CORRECTION)) == ["actions.issue"]
    assert rules(case.act("apply", "doctor", kind=ActKind.CORRECTION)) == ["actions.apply.by"]


def test_a_case_that_is_reopened_has_no_result_and_a_new_clock():
    case = checked(age=30)
    case.act("paid", "system", kind=ActKind.EVENT, data={"reference": "A", "amount": 500})
    case.act("issue")
    assert "decide" not in case.state.due_dates
    decision = case.act("reopen")
    assert (decision.state.state, decision.state.result) == ("applied", "")
    assert decision.state.tasks["medical"].status == "done"


def test_the_state_is_the_same_after_it_was_written_and_read():
    case = Case()
    case.apply(age=30)
    case.act("warn", "system", kind=ActKind.TIMER, after=timedelta(days=13))
    case.task("identity", "officer")
    document = json.loads(json.dumps(case.state.to_json()))
    assert CaseState.from_json(document) == case.state
    assert CaseState.from_json(CaseState().to_json()) == CaseState()


def test_an_act_says_every_rule_it_weighed_with_its_values():
    case = checked(age=17)
    weighed = {each.rule: each for each in case.act("issue").weighed}
    assert weighed["actions.issue.guards.adult"].values == {"field.age": 17}
    assert weighed["actions.issue.guards.paid"].values == {"paid": 0, "charged": 500}
    assert not weighed["actions.issue.guards.adult"].holds


def test_what_an_action_sets_is_held_to_the_fields_schema():
    case = Case()
    case.apply(name="no date")
    assert rules(case.act("show")) == ["actions.show.sets.shown"]
    case.act("stamp_it")
    assert case.state.fields["stamp"] == "2026-03-02T10:03:00+00:00"
    assert CaseState.from_json(json.loads(json.dumps(case.state.to_json()))) == case.state


def test_a_task_takes_no_fields():
    case = Case()
    case.apply()
    answer = case.task("identity", "officer", fields={"score": 9})
    assert rules(answer) == ["fields.score"]


def test_an_action_that_merges_must_end_the_case():
    text = TYPE.replace("on: apply, reference: old_case}", "on: apply, reference: old_case, merge: true}")
    case = Case()
    case.bound = bind(compile_case_type("permit.yaml", text), "scotland", {})
    assert rules(case.apply(old_case="HF7K-2P9Q-XBC")) == ["links.renewal.merge"]
