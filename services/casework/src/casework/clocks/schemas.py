"""The API models of due dates."""

from datetime import date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from casework.calendar.rules.calendars import CalendarName
from casework.calendar.rules.nations import Nation
from casework.clocks.rules import (
    Basis,
    ClockDefinition,
    ClockRule,
    Direction,
    Extension,
    FirstDay,
    PauseDays,
    Period,
    Roll,
    Source,
    Unit,
)
from casework.shared.schemas import RequestBody
from chassis.ids import Id
from chassis.types import reject_control_characters

MAX_PAUSES = 20
_FIRST, _LAST = datetime.fromisoformat("1900-01-01T00:00:00Z"), datetime.fromisoformat("2200-01-01T00:00:00Z")
Day = Annotated[date, Field(ge=_FIRST.date(), le=_LAST.date())]
Moment = Annotated[AwareDatetime, Field(ge=_FIRST, le=_LAST)]
Amount = Annotated[int, Field(ge=1, le=1_000)]
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(reject_control_characters),
]


def _reject_zone(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("is in UK time: leave out the zone")
    return hour


class PeriodTerms(BaseModel):
    """An amount of time."""

    model_config = ConfigDict(extra="forbid")

    amount: Amount = Field(examples=[60])
    unit: Unit
    calendar: CalendarName | None = Field(default=None, description="Whose holidays do not count")

    def to_rule(self) -> Period:
        """Make the period."""
        return Period(self.amount, self.unit, self.calendar)


class ClockTerms(BaseModel):
    """How long a clock runs."""

    model_config = ConfigDict(extra="forbid")

    amount: Amount = Field(examples=[20])
    unit: Unit = Field(
        description="hours are absolute; days_except_public_holidays leaves weekends in; a month ends on the "
        "corresponding date, or on the last day of a month that has none",
        examples=["working_days"],
    )
    calendar: CalendarName | None = Field(
        default=None,
        description="Whose holidays do not count, and which days are rolled over. working_days needs it, as "
        "does days_except_public_holidays. council is for local standards only",
        examples=["any_uk"],
    )
    first_day: FirstDay = Field(
        default=FirstDay.DAY_AFTER, description="inclusive: “beginning with” the day, which is the first"
    )
    direction: Direction = Field(
        default=Direction.FORWARD, description="backward: from a date of the case, such as a hearing"
    )
    clear: bool = Field(default=False, description="So many days strictly between: neither end counts")
    roll: Roll = Field(default=Roll.NONE, description="Where the last day goes if it is no working day")
    roll_start: bool = Field(
        default=False, description="What happens on a closed day counts as of the next working day"
    )
    or_sooner: PeriodTerms | None = Field(default=None, description="A second period, if it ends first")
    pause_days: PauseDays = Field(
        default=PauseDays.BOTH_ENDS,
        description="Which days of a pause do not count. until_resumed: the day it resumed counts",
    )
    ends_at: Annotated[time, AfterValidator(_reject_zone)] | None = Field(
        default=None, description="An hour of the last day, such as 17:00 in UK time, if not its end"
    )
    basis: Basis = Field(default=Basis.LOCAL_STANDARD, description="What obliges you")
    source: Words = Field(
        default="not named",
        description="Where the rule is from",
        examples=["Freedom of Information Act 2000, section 10"],
    )

    def to_definition(self, extended_by: int) -> ClockDefinition:
        """Make the definition of a clock that may be extended so far. Raises InvalidClock."""
        rule = ClockRule(
            amount=self.amount,
            unit=self.unit,
            calendar=self.calendar,
            first_day=self.first_day,
            direction=self.direction,
            clear=self.clear,
            roll=self.roll,
            roll_start=self.roll_start,
            or_sooner=self.or_sooner.to_rule() if self.or_sooner is not None else None,
            pause_days=self.pause_days,
            extension=Extension(most=extended_by, after_due=True) if extended_by else None,
            ends_at=self.ends_at,
        )
        return ClockDefinition(name="a clock", rules=(rule,), source=Source(self.source, self.basis))


class Pause(BaseModel):
    """A time that does not count."""

    model_config = ConfigDict(extra="forbid")

    first: Moment | Day = Field(description="When the clock paused", examples=["2026-03-10"])
    last: Moment | Day = Field(description="When it resumed", examples=["2026-03-17"])
    reason: Words | None = Field(default=None, examples=["Clarification was asked for"])


class DueDateRequest(RequestBody):
    """A clock and when it starts."""

    start: Moment | Day = Field(
        description="A day, or a moment with its time zone. Of a clock that runs back: what it counts from",
        examples=["2026-06-01"],
    )
    clock: ClockTerms
    pauses: list[Pause] = Field(default=[], max_length=MAX_PAUSES)
    extended_by: Annotated[int, Field(ge=0, le=1_000)] = Field(
        default=0, description="More time, in its unit"
    )
    admission_authority: Id | None = Field(default=None, description="Whose school days count")


class ExplanationLine(BaseModel):
    """A sentence of the explanation."""

    key: str = Field(
        description="What it says, as a code for your program", examples=["skipped.bank_holiday"]
    )
    text: str = Field(examples=["Monday 15 June 2026 did not count: World Cup bank holiday, in Scotland."])
    day: date | None = Field(default=None, description="The day it is about")
    values: dict[str, str] = Field(description="What stands in the sentence, for one in another language")


class DueDateView(BaseModel):
    """When a clock is due, and why."""

    due: date = Field(description="The last day, in the United Kingdom", examples=["2026-06-30"])
    ends_at: datetime = Field(
        description="From this moment it is too late", examples=["2026-06-30T23:00:00Z"]
    )
    provisional: bool = Field(description="It depends on bank holidays that are a forecast: it may change")
    nation: Nation = Field(description="Where the council lies")
    explanation: list[ExplanationLine]
