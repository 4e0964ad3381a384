"""The state of a case: all that the engine needs of it, as one JSON document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from casework.model.rules.case_type import NEW

_PARTS = ("tasks", "actors", "charged", "paid", "refund_due", "refunded", "result")


class ClockChange(StrEnum):
    """What an act does to a clock."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    RESTART = "restart"
    EXTEND = "extend"
    DISREGARD = "disregard"  # so many days from ``on`` on do not count


class ClockEvent(NamedTuple):
    """One event of a clock; its history replays to the same due date for ever."""

    change: ClockChange
    at: datetime  # the instant that counts
    act: str  # the action that caused it
    on: date | None = None  # a date of the case from which is counted, instead of the instant
    length: int | None = None  # of START and RESTART: how long; of EXTEND: how much more; else days


class DueDate(NamedTuple):
    """When a clock falls due: the day of law, and the instant from which it is too late.

    ``provisional``: it lies among days whose holidays are a forecast.
    """

    on: date
    at: datetime
    provisional: bool = False


class TaskState(NamedTuple):
    """A task: open or done, its outcome, and who did it."""

    status: str  # open, done, dropped
    outcome: str = ""
    by: str = ""


class SlotState(NamedTuple):
    """A slot of the case. One that was held and whose place is somebody else's now is lost."""

    status: str  # held, confirmed, lost
    slot: str  # the id by which it was chosen: casework.shared.slots
    starts_at: datetime
    expires_at: datetime | None = None  # of a hold


class ChargedLine(NamedTuple):
    """A line of a fee that was charged, as it was worked out then."""

    line: str
    fund: str  # of payments; empty for none
    vat_code: str  # empty for the fund's
    name_en: str
    name_cy: str
    pence: int


@dataclass(frozen=True, slots=True)
class CaseState:
    """A case as the engine sees it."""

    state: str = NEW
    fields: Mapping[str, Any] = field(default_factory=dict)
    tasks: Mapping[str, TaskState] = field(default_factory=dict)
    clocks: Mapping[str, tuple[ClockEvent, ...]] = field(default_factory=dict)
    due_dates: Mapping[str, DueDate] = field(default_factory=dict)  # of clocks that run
    timers: Mapping[str, datetime] = field(default_factory=dict)  # armed
    fired: Mapping[str, datetime] = field(default_factory=dict)  # timer -> the instant it was due at
    actors: Mapping[str, str] = field(default_factory=dict)  # action -> who did it last
    charged: int = 0  # pence
    paid: int = 0
    fee_lines: tuple[ChargedLine, ...] = ()  # of what was charged last, and of what was unpaid then
    refund_due: int = 0  # pence that are to be given back, and are not yet
    refunded: int = 0  # pence that payments gave back
    slots: Mapping[str, SlotState] = field(default_factory=dict)
    result: str = ""
    sequence: int = 0  # of acts that changed it

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON values; what is empty is left out."""
        document: dict[str, Any] = {"state": self.state, "sequence": self.sequence, "fields": self.fields}
        for name in _PARTS:
            if part := getattr(self, name):
                document[name] = part
        if self.fee_lines:
            document["fee_lines"] = [list(line) for line in self.fee_lines]
        if self.slots:
            document["slots"] = {name: _slot_to_json(slot) for name, slot in self.slots.items()}
        is_timed = self.clocks or self.timers or self.fired
        return document | self._clocks_to_json() if is_timed else document

    def _clocks_to_json(self) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "clocks": {clock: list(map(_event_to_json, events)) for clock, events in self.clocks.items()},
            "due_dates": {clock: _due_to_json(due) for clock, due in self.due_dates.items()},
            "timers": {timer: instant.isoformat() for timer, instant in self.timers.items()},
            "fired": {timer: instant.isoformat() for timer, instant in self.fired.items()},
        }
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote."""
        clocks = document.get("clocks", {})
        dues = document.get("due_dates", {})
        return cls(
            state=document["state"],
            fields=document["fields"],
            sequence=document["sequence"],
            tasks={task: TaskState(*values) for task, values in document.get("tasks", {}).items()},
            clocks={clock: tuple(map(_event_from_json, events)) for clock, events in clocks.items()},
            due_dates={clock: _due_from_json(values) for clock, values in dues.items()},
            timers=_instants(document.get("timers", {})),
            fired=_instants(document.get("fired", {})),
            actors=document.get("actors", {}),
            charged=document.get("charged", 0),
            paid=document.get("paid", 0),
            fee_lines=tuple(ChargedLine(*values) for values in document.get("fee_lines", [])),
            refund_due=document.get("refund_due", 0),
            refunded=document.get("refunded", 0),
            slots={name: _slot_from_json(values) for name, values in document.get("slots", {}).items()},
            result=document.get("result", ""),
        )


def _slot_to_json(slot: SlotState) -> list[Any]:
    expires_at = slot.expires_at.isoformat() if slot.expires_at else None
    return [slot.status, slot.slot, slot.starts_at.isoformat(), expires_at]


def _slot_from_json(values: list[Any]) -> SlotState:
    status, slot, starts_at, expires_at = values
    end = datetime.fromisoformat(expires_at) if expires_at else None
    return SlotState(status, slot, datetime.fromisoformat(starts_at), end)


def _instants(documents: Mapping[str, str]) -> dict[str, datetime]:
    return {timer: datetime.fromisoformat(text) for timer, text in documents.items()}


def _event_to_json(event: ClockEvent) -> list[Any]:
    day = event.on.isoformat() if event.on else None
    return [event.change.value, event.at.isoformat(), event.act, day, event.length]


def _event_from_json(values: list[Any]) -> ClockEvent:
    change, at, act, day, length = values
    on = date.fromisoformat(day) if day else None
    return ClockEvent(ClockChange(change), datetime.fromisoformat(at), act, on, length)


def _due_to_json(due: DueDate) -> list[Any]:
    return [due.on.isoformat(), due.at.isoformat(), due.provisional]


def _due_from_json(values: list[Any]) -> DueDate:
    on, at, provisional = values
    return DueDate(date.fromisoformat(on), datetime.fromisoformat(at), provisional)
