"""Pure rules of clocks: from a definition and its events to a due date that explains itself."""

from casework.calendar.rules.errors import CannotBeComputed
from casework.clocks.rules.definitions import (
    ClockDefinition,
    ClockDoesNotApply,
    ClockRule,
    Extension,
    InvalidClock,
    Period,
    RuleNotInForce,
    Source,
)
from casework.clocks.rules.due_dates import DueDate, compute_due_date, compute_due_day, compute_due_moment
from casework.clocks.rules.events import (
    ClockEvent,
    Corrected,
    Disregarded,
    Extended,
    Met,
    Paused,
    Restarted,
    Resumed,
    Started,
    Stopped,
    Withdrawn,
)
from casework.clocks.rules.explanations import ExplanationStep, explain_clock
from casework.clocks.rules.fold import DueDateChange, fold_clock, recompute_clock
from casework.clocks.rules.state import ClockState, IgnoredEvent
from casework.clocks.rules.words import (
    Basis,
    ClockStatus,
    Direction,
    ExtensionGround,
    FirstDay,
    OnExpiry,
    PauseDays,
    Roll,
    Unit,
)

__all__ = [
    "Basis",
    "CannotBeComputed",
    "ClockDefinition",
    "ClockDoesNotApply",
    "ClockEvent",
    "ClockRule",
    "ClockState",
    "ClockStatus",
    "Corrected",
    "Direction",
    "Disregarded",
    "DueDate",
    "DueDateChange",
    "ExplanationStep",
    "Extended",
    "Extension",
    "ExtensionGround",
    "FirstDay",
    "IgnoredEvent",
    "InvalidClock",
    "Met",
    "OnExpiry",
    "PauseDays",
    "Paused",
    "Period",
    "Restarted",
    "Resumed",
    "Roll",
    "RuleNotInForce",
    "Source",
    "Started",
    "Stopped",
    "Unit",
    "Withdrawn",
    "compute_due_date",
    "compute_due_day",
    "compute_due_moment",
    "explain_clock",
    "fold_clock",
    "recompute_clock",
]
