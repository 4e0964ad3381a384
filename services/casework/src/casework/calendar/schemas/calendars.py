"""The API models of calendars and bank holidays."""

from datetime import date

from pydantic import BaseModel, Field

from casework.calendar.rules.calendars import CalendarName
from casework.calendar.rules.nations import Division, Nation
from chassis.ids import Id


class LoadedDays(BaseModel):
    """Days of which a calendar knows whether they count."""

    first: date
    last: date


class Calendar(BaseModel):
    """A calendar that a clock may count by."""

    name: CalendarName
    title: str = Field(examples=["Working days without bank holidays of Scotland"])
    authority: Id | None = Field(
        default=None, description="Of a school calendar: the admission authority whose terms these are"
    )
    loaded: list[LoadedDays] = Field(description="A date that depends on other days cannot be computed")
    provisional_from: date | None = Field(
        default=None, description="From this day on bank holidays are a forecast; null: none are"
    )
    local_only: bool = Field(
        default=False, description="It is for the council's own standards, never for a deadline set by others"
    )


class CalendarList(BaseModel):
    """The calendars of a council."""

    nation: Nation = Field(description="Where the council lies")
    items: list[Calendar]


class BankHolidayView(BaseModel):
    """A bank holiday, in each division that keeps it."""

    day: date
    divisions: list[Division] = Field(description="Where it is a bank holiday")
    name: str = Field(examples=["Boxing Day"])
    name_cy: str = Field(description="In Welsh", examples=["Gŵyl San Steffan"])
    substitute: bool = Field(description="It stands for a day that lies on a weekend")
    provisional: bool = Field(description="It is a forecast: nobody has proclaimed it yet")
    source: str = Field(examples=["https://www.gov.uk/bank-holidays"])
    reason: str = Field(description="Why it was added after the list was published; empty: it was not")


class BankHolidayList(BaseModel):
    """The bank holidays of a year."""

    year: int
    nation: Nation = Field(description="Where the council lies")
    items: list[BankHolidayView]
    attribution: str = Field(description="Repeat it where you publish them")
