"""What is asked of the engine, and its answers.

answer = decide(bound_type, state, act, context)   # engine.rules.decision
match answer:
    case Decision(): write answer.state and the rest of it in one transaction
    case Refusal(): answer.reasons, in words
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from casework.model.rules.case_state import CaseState, ClockEvent, DueDate
from casework.model.rules.case_type import Split
from casework.model.rules.clocks import Clock
from casework.shared.words import Words

NO_VALUES: Mapping[str, Any] = MappingProxyType({})


class ActKind(StrEnum):
    """Who acts, and so which id an act names."""

    ACTION = "action"  # an action's id; a case is opened by an action from the state `new`
    TASK = "task"  # a task's id, with its outcome
    TIMER = "timer"  # a timer's id
    EVENT = "event"  # a reaction's id, with the event's data
    REFUND = "refund"  # payments gave money back: `refund_amount` of the data
    RECOMPUTE = "recompute"  # other days count now: `reason` of the data
    SPLIT = "split"  # a split's id, with the fields that the new case takes
    CORRECTION = "correction"  # an action's id, whose effective time was recorded wrongly


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an id that stays the same for the same person, and their roles."""

    id: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that is done to a case. ``at`` is when it was recorded, ``effective`` when it counts."""

    kind: ActKind
    id: str
    at: datetime
    by: Actor
    effective: datetime | None = None  # None: as recorded
    fields: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""  # of a task
    result: str = ""  # of an action with more than one
    data: Mapping[str, Any] = field(default_factory=dict)  # of an event
    is_counted: bool = False  # an event whose money another reaction counted: it is counted once
    chosen: frozenset[str] | None = None  # of a split: fields of the new case; None: all that it may take
    starts: Mapping[str, ClockEvent] = field(default_factory=dict)  # of a split case: clock -> its start

    @property
    def counted_at(self) -> datetime:
        """Return the instant from which clocks count, in UTC: hours of law are absolute."""
        return (self.effective or self.at).astimezone(UTC)


class Weighed(NamedTuple):
    """One rule that was weighed: what it is, how it came out, and on which values."""

    rule: str  # actions.answer.guards.other_officer
    holds: bool
    values: Mapping[str, Any] = NO_VALUES
    error: str = ""  # it could not be evaluated


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an act is refused, in words."""

    rule: str
    words: Words
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that may not be: every guard that failed, and nothing has changed."""

    act: Act
    reasons: tuple[Reason, ...]
    weighed: tuple[Weighed, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A notification to send, by its id in the case type, with its words."""

    notification: str
    to: str
    subject: Words
    body: Words


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case that this one opens."""

    sub_case: str
    case_type: str
    fields: Mapping[str, Any]
    restricted: str = ""
    split: Split | None = None  # it is a part of this case
    starts: Mapping[str, ClockEvent] = field(default_factory=dict)  # of clocks of law that run


@dataclass(frozen=True, slots=True)
class NewLink:
    """A relation to another case, by its reference; ``merge`` says this case ended in it."""

    link: str
    relation: str
    reference: str
    merge: bool = False


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A slot to hold, confirm or release: by the case type's name, and the id of what was chosen."""

    slot: str
    pool: str
    change: str  # hold, confirm, release
    chosen: str = ""
    area: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an act: the whole new state, and what changed in it."""

    act: Act
    state: CaseState
    actions: tuple[str, ...]  # those done: one, and those that a task's outcome led to
    changes: Mapping[str, Any]  # fields with their new values
    clock_events: Mapping[str, tuple[ClockEvent, ...]]
    due: Mapping[str, DueDate | None]  # of each clock it touched; None: it does not run now
    uncomputed: Mapping[str, str]  # clock -> why its due date cannot be computed
    armed: Mapping[str, datetime]  # timers to set, or to move
    cancelled: tuple[str, ...]
    opened_tasks: tuple[str, ...]
    closed_tasks: tuple[str, ...]
    messages: tuple[Message, ...]
    sub_cases: tuple[NewCase, ...]
    links: tuple[NewLink, ...]
    slots: tuple[SlotChange, ...]
    refund: int  # pence to give back
    weighed: tuple[Weighed, ...]
    not_done: tuple[Reason, ...] = ()  # a payment was recorded, but its action could not be done


class DueDates(Protocol):
    """Computes due dates from a clock's history: ``engine.rules.deadlines.LawOfTime``."""

    def compute(self, clock: Clock, events: Sequence[ClockEvent], now: datetime) -> DueDate | str | None:
        """Compute a clock's due date; None if it does not run; or say why it cannot be computed."""
        ...

    def refuse_extension(self, clock: Clock, events: Sequence[ClockEvent], now: datetime) -> str:
        """Say why the last event, an extension, may not be; an empty string if it may."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """The world outside the case: the law of time, and counts of other cases."""

    due_dates: DueDates
    counts: Mapping[str, int] = field(default_factory=dict)  # by the case type's counts' ids
    offered: Mapping[str, str] = field(
        default_factory=dict
    )  # pool -> the slot that the case's submission holds in it
    lost: frozenset[str] = frozenset()  # slots whose hold is over
