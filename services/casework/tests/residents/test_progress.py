"""Where a case stands, in words, for every state of the types that ship."""

from datetime import UTC, date, datetime

import pytest

from casework.case_types.actions.library import list_codes, load
from casework.model.rules.case_state import CaseState, DueDate
from casework.residents.rules.progress import describe_progress
from casework.shared.days import format_day_in_welsh

NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
DUE = DueDate(date(2026, 4, 8), datetime(2026, 4, 8, 23, tzinfo=UTC))


@pytest.mark.parametrize("code", list_codes())
def test_each_state_says_whose_move_it_is_and_what_is_next(code):
    case_type = load(code)
    for state in case_type.states.values():
        progress = describe_progress(case_type, CaseState(state=state.id), NOW)
        assert progress.next_step.en
        assert progress.next_step.cy != progress.next_step.en
        assert (progress.move == "nobody") == state.end


@pytest.mark.parametrize(
    ("code", "state", "move"),
    [
        ("freedom-of-information", "received", "council"),
        ("freedom-of-information", "clarifying", "you"),
        ("planning-application", "invalid", "you"),
        ("planning-application", "valid", "council"),
        ("missed-bin", "reported", "council"),
        ("missed-bin", "collected", "nobody"),
    ],
)
def test_it_is_the_persons_move_where_what_moves_the_case_on_is_theirs(code, state, move):
    assert describe_progress(load(code), CaseState(state=state), NOW).move == move


def test_money_that_is_owed_is_the_persons_move():
    case_type = load("taxi-driver-licence")
    progress = describe_progress(case_type, CaseState(state="applied", charged=12_345, paid=45), NOW)
    assert (progress.move, progress.next_step.en) == ("you", "We are waiting for you to pay £123.00.")


def test_a_deadline_says_what_sets_it_and_that_it_has_passed():
    case_type, state = load("freedom-of-information"), CaseState(state="received", due_dates={"answer": DUE})
    progress = describe_progress(case_type, state, NOW)
    assert progress.next_step == (
        "We must take the next step by Wednesday 8 April 2026: the law says so.",
        "Rhaid i ni gymryd y cam nesaf erbyn dydd Mercher 8 Ebrill 2026: y gyfraith sy'n dweud hynny.",
    )
    late = describe_progress(case_type, state, DUE.at)
    assert (late.late, progress.late) == (True, False)


def test_a_deadline_that_no_act_of_staff_stops_is_the_persons():
    state = CaseState(state="clarifying", due_dates={"clarification": DUE})
    progress = describe_progress(load("freedom-of-information"), state, NOW)
    assert (progress.due, progress.next_step.en) == (
        DUE,
        "We are waiting for you, until Wednesday 8 April 2026: Clarify.",
    )


def test_days_are_written_in_welsh():
    assert format_day_in_welsh(date(2026, 8, 30)) == "dydd Sul 30 Awst 2026"
