"""Clocks and timers in a case type's document."""

from typing import Annotated, Literal

from pydantic import Field as Bounded

from casework.documents.rules.values import (
    NO_IDS,
    Day,
    Document,
    ExpressionText,
    Id,
    Ids,
    QuantityDocument,
    WordsDocument,
)


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
    extension_by: Literal["right", "agreement"] = "right"
    on_expiry: Literal[
        "breach", "deemed_refusal", "right_to_appeal", "refund", "deemed_consent", "charge_cancelled", "lapse"
    ] = "breach"


class TimerDocument(Document):
    """What happens at a clock's end, or so many hours before or after it."""

    clock: Id
    before_hours: Annotated[int, Bounded(ge=1, le=24 * 366)] | None = None
    after_hours: Annotated[int, Bounded(ge=1, le=24 * 366 * 10)] | None = None
    do: Id | None = None
    notify: Id | None = None
    reopen: Id | None = None
