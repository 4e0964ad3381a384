"""Clocks and timers in a case type's document."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator
from pydantic import Field as Bounded

from casework.documents.rules.values import (
    NO_IDS,
    NO_MAP,
    ChosenQuantity,
    ChosenText,
    ChosenTextDocument,
    Day,
    Document,
    ExpressionText,
    Id,
    Ids,
    QuantityDocument,
    WordsDocument,
)

_DAY_OF_YEAR = r"^(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$"  # one that each year has


def is_day_of_year(text: str) -> bool:
    """Check whether a text is a day that each year has, such as 04-01."""
    return re.match(_DAY_OF_YEAR, text) is not None


def _check_day(day: ChosenText | None) -> ChosenText | None:
    if day is not None and day.text is not None and not is_day_of_year(day.text):
        raise ValueError(f"it must look like {_DAY_OF_YEAR}")
    return day


class ClockDocument(Document):
    """A deadline: its law, and what starts, stops and interrupts it (ids of actions, tasks and states)."""

    name: WordsDocument
    unit: Literal[
        "hours", "days", "days_except_public_holidays", "working_days", "school_days", "weeks", "months"
    ]
    length: QuantityDocument
    first_day: Literal["day_after", "inclusive"] = "day_after"
    direction: Literal["forward", "backward"] = "forward"
    clear: bool = False
    calendar: Annotated[
        Literal[
            "nation", "england_and_wales", "scotland", "northern_ireland", "any_uk", "electoral", "school",
            "council", "none",
        ],
        Bounded(description="`nation`: the council's own. `none`: the unit knows no holidays."),
    ]  # fmt: skip
    ends_at: Annotated[str, Bounded(pattern=r"^[0-2][0-9]:[0-5][0-9]$")] | None = None
    roll: Literal["none", "next_working_day", "previous_working_day"] = "none"
    roll_start: Annotated[
        bool, Bounded(description="A start on a closed day counts as the next working day.")
    ] = False
    pause_days: Literal["both_ends", "until_resumed"] = "both_ends"
    basis: Literal["statute", "statutory_code", "ombudsman_code", "guidance", "local_standard"]
    source: Annotated[str, Bounded(min_length=3, max_length=300)]
    verified: Annotated[bool, Bounded(description="Read in the primary text; otherwise we say it was not.")]
    in_force: Day | None = None
    until: Day | None = None
    starts_on: Annotated[Ids, Bounded(min_length=1)]
    starts_from: Annotated[Id | None, Bounded(description="A date field to count from.")] = None
    when: ExpressionText | None = None
    stops_on: Ids = NO_IDS
    pauses_on: Ids = NO_IDS
    resumes_on: Ids = NO_IDS
    restarts_on: Ids = NO_IDS
    extends_on: Ids = NO_IDS
    extension: QuantityDocument | None = None
    extension_until: Annotated[Id | None, Bounded(description="A date field: until the agreed day.")] = None
    disregards_on: Annotated[Ids, Bounded(description="Leaves out days, first and last included.")] = NO_IDS
    disregards_from: Annotated[Id | None, Bounded(description="A date field: the first of them.")] = None
    disregards_until: Annotated[
        Id | None, Bounded(description="A date field: the last; without one the day of the act.")
    ] = None
    extension_by: Literal["right", "agreement"] = "right"
    on_expiry: Literal[
        "breach", "deemed_refusal", "right_to_appeal", "refund", "deemed_consent", "charge_cancelled", "lapse"
    ] = "breach"


class ReminderDocument(Document):
    """A message so many days before a period ends."""

    before_days: Annotated[int, Bounded(ge=1, le=366)]
    notify: Id


class RenewalDocument(Document):
    """Periods of a case, one after the other: the clock `renewal`, its reminders, and what ends it."""

    name: WordsDocument
    months: QuantityDocument | None = None
    yearly_on: Annotated[
        ChosenTextDocument | None,
        Bounded(
            description="The day on which each new period begins: 04-01; or the parameter that has it. "
            "Where that is empty, the months beside it count."
        ),
        AfterValidator(_check_day),
    ] = None
    starts_on: Annotated[Ids, Bounded(min_length=1)]
    starts_from: Annotated[Id | None, Bounded(description="A date field to count from.")] = None
    renews_on: Annotated[Ids, Bounded(min_length=1)]
    offered_on: Annotated[
        Ids, Bounded(description="What may not be done before the offer; else renews_on.")
    ] = NO_IDS
    offered_days: Annotated[QuantityDocument, Bounded(description="Days before the end.")]
    stops_on: Ids = NO_IDS
    reminders: Annotated[dict[Id, ReminderDocument], Bounded(max_length=5)] = NO_MAP
    lapses: Annotated[Id, Bounded(description="The action that is done when nobody renewed.")]
    basis: Literal["statute", "statutory_code", "ombudsman_code", "guidance", "local_standard"]
    source: Annotated[str, Bounded(min_length=3, max_length=300)]
    verified: bool

    @model_validator(mode="after")
    def _has_one_length(self) -> "RenewalDocument":
        chosen = self.yearly_on is not None and self.yearly_on.parameter is not None
        if (self.months is None) == (self.yearly_on is None or chosen):
            raise ValueError("a renewal has exactly one of: months, yearly_on")
        return self

    def to_clock(self) -> ClockDocument:
        """Write it as a clock. Without months each period has its own number of days."""
        return ClockDocument(
            name=self.name,
            unit="days" if self.months is None else "months",
            length=self.months or ChosenQuantity(number=1),
            first_day="inclusive",
            calendar="none",
            basis=self.basis,
            source=self.source,
            verified=self.verified,
            starts_on=self.starts_on,
            starts_from=self.starts_from,
            stops_on=self.stops_on,
            on_expiry="lapse",
        )


class TimerDocument(Document):
    """What happens at an instant, or so many hours before or after it.

    The instant is one of: a clock's end, a confirmed slot's start, the end of a hold.
    """

    clock: Id | None = None
    slot: Id | None = None
    hold: Annotated[Id | None, Bounded(description="A slot whose hold ran out.")] = None
    before_hours: Annotated[int, Bounded(ge=1, le=24 * 366)] | None = None
    after_hours: Annotated[int, Bounded(ge=1, le=24 * 366 * 10)] | None = None
    before_days: Annotated[int, Bounded(ge=1, le=366)] | None = None
    after_days: Annotated[int, Bounded(ge=1, le=366 * 10)] | None = None
    do: Id | None = None
    notify: Id | None = None
    reopen: Id | None = None
