"""Where a case stands, for the person it is about: whose move it is, and what happens next by when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from casework.model.rules.case_state import CaseState, DueDate
from casework.model.rules.case_type import RESIDENT, SYSTEM, Action, CaseType
from casework.shared.days import format_day, format_day_in_welsh
from casework.shared.words import Words

Move = Literal["council", "you", "nobody"]
_OVER = Words("This is finished.", "Mae hyn wedi dod i ben.")
_RESULT = Words("This is finished: {}.", "Mae hyn wedi dod i ben: {}.")
_PAY = Words("We are waiting for you to pay £{}.", "Rydym yn aros i chi dalu £{}.")
_YOURS = Words("We are waiting for you: {}.", "Rydym yn aros amdanoch chi: {}.")
_YOURS_BY = Words("We are waiting for you, until {}: {}.", "Rydym yn aros amdanoch chi, tan {}: {}.")
_LATE = Words(
    "We are late: the next step was due by {}. We are still working on it.",
    "Rydym yn hwyr: roedd y cam nesaf i fod wedi'i gymryd erbyn {}. Rydym yn dal i weithio arno.",
)
_BY_LAW = Words(
    "We must take the next step by {}: the law says so.",
    "Rhaid i ni gymryd y cam nesaf erbyn {}: y gyfraith sy'n dweud hynny.",
)
_BY_CODE = Words(
    "We will take the next step by {}, as the rules we follow say.",
    "Byddwn yn cymryd y cam nesaf erbyn {}, yn unol â'r rheolau a ddilynwn.",
)
_BY_US = Words("We aim to take the next step by {}.", "Ein nod yw cymryd y cam nesaf erbyn {}.")
_NO_DATE = Words(
    "We will take the next step. There is no set date for it.",
    "Byddwn yn cymryd y cam nesaf. Nid oes dyddiad penodol ar ei gyfer.",
)
_BASES = {"statute": _BY_LAW, "local_standard": _BY_US}


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline that runs, and who must meet it."""

    clock: str
    due: DueDate
    move: Move


@dataclass(frozen=True, slots=True)
class Progress:
    """Whose move it is, and what happens next. ``due``: by when, if that is set; ``late``: it has passed."""

    move: Move
    next_step: Words
    due: DueDate | None = None
    late: bool = False


def list_actions(case_type: CaseType, state: str) -> list[Action]:
    """List what the person may do in a state."""
    actions = case_type.actions.values()
    return [action for action in actions if state in action.sources and RESIDENT in action.roles]


def describe_progress(case_type: CaseType, state: CaseState, now: datetime) -> Progress:
    """Describe where a case stands."""
    current = case_type.states.get(state.state)
    if current is None or current.end:
        result = case_type.results.get(state.result)
        return Progress("nobody", _OVER if result is None else _fill(_RESULT, result.name))
    deadlines = sorted(_list_deadlines(case_type, state), key=lambda deadline: deadline.due.at)
    ours = next((each for each in deadlines if each.move == "council"), None)
    theirs = next((each for each in deadlines if each.move == "you"), None)
    if state.charged > state.paid:
        amount = f"{(state.charged - state.paid) / 100:.2f}"
        return Progress("you", _fill(_PAY, Words(amount, amount)), theirs.due if theirs else None)
    moving = [each for each in case_type.actions.values() if _goes_on(case_type, each, state.state)]
    tasks = [task for task in state.tasks.values() if task.status == "open"]
    if moving and not tasks and all(RESIDENT in action.roles for action in moving):
        return _wait_for_them(moving, theirs)
    return _wait_for_us(case_type, ours, now)


def _wait_for_them(actions: list[Action], deadline: Deadline | None) -> Progress:
    names = Words("; ".join(each.name.en for each in actions), "; ".join(each.name.cy for each in actions))
    if deadline is None:
        return Progress("you", _fill(_YOURS, names))
    return Progress("you", _fill(_YOURS_BY, describe_day(deadline.due), names), deadline.due)


def _wait_for_us(case_type: CaseType, deadline: Deadline | None, now: datetime) -> Progress:
    if deadline is None:
        return Progress("council", _NO_DATE)
    basis = case_type.clocks[deadline.clock].law.basis
    late = now >= deadline.due.at
    words = _LATE if late else _BASES.get(basis, _BY_CODE)
    return Progress("council", _fill(words, describe_day(deadline.due)), deadline.due, late)


def _list_deadlines(case_type: CaseType, state: CaseState) -> Iterator[Deadline]:
    """List the deadlines that run: theirs are those that no act of staff stops."""
    for clock, due in state.due_dates.items():
        if clock in case_type.clocks:
            stops = case_type.clocks[clock].stops_on
            is_theirs = bool(stops) and all(_needs_no_staff(case_type, cause) for cause in stops)
            yield Deadline(clock, due, "you" if is_theirs else "council")


def _needs_no_staff(case_type: CaseType, cause: str) -> bool:
    """Check whether what stops a clock is a resident's to do, or comes by itself: an action or a state."""
    if cause in case_type.tasks:
        return False
    leading = [each for each in case_type.actions.values() if cause in {to.state for to in each.targets}]
    actions = [case_type.actions[cause]] if cause in case_type.actions else leading
    return all(RESIDENT in action.roles or not action.roles - {SYSTEM} for action in actions)


def _goes_on(case_type: CaseType, action: Action, state: str) -> bool:
    """Check whether people move a case on from a state by an action.

    To withdraw is a choice that nobody waits for, and what a timer does people need not do.
    """
    ahead = [to.state for to in action.targets if to.state != state and not case_type.states[to.state].end]
    return state in action.sources and bool(ahead) and bool(action.roles - {SYSTEM})


def describe_day(due: DueDate) -> Words:
    """Write a day of law in words."""
    return Words(format_day(due.on), format_day_in_welsh(due.on))


def _fill(words: Words, *values: Words) -> Words:
    return Words(
        words.en.format(*(value.en for value in values)),
        words.cy.format(*(value.cy or value.en for value in values)),
    )


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happened, in public words, and who did it."""

    at: datetime
    words: Words
    by: Literal["council", "you", "delegate"]


class HistoryEntry(Protocol):
    """An entry of a history: the state it led to if any, what was done, and by whom, for whom."""

    kind: str
    act: str
    at: datetime
    state: str | None
    sub: str | None
    delegate: str | None


def describe_entry(case_type: CaseType, person: str, entry: HistoryEntry) -> TimelineEntry | None:
    """Describe an entry of a history; None for what has no public words."""
    by: Literal["council", "you", "delegate"] = "council"
    if entry.sub == person:
        by = "delegate" if entry.delegate else "you"
    state = case_type.states.get(entry.state or "")
    if state is not None:
        return TimelineEntry(entry.at, state.public, by)
    action = case_type.actions.get(entry.act) if entry.kind == "action" else None
    if action is None or RESIDENT not in action.roles:
        return None
    return TimelineEntry(entry.at, action.name, by)
