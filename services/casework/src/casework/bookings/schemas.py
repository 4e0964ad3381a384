"""The API models of pools, slots and holds."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from casework.calendar.schemas.values import Day, Record, Title
from casework.shared.schemas import RequestBody

PoolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Area = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Submission = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-~]+$")]
SlotId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-hjkmnp-tv-z]{26}\.[0-9]{8}T[0-9]{4}Z$", max_length=41)
]
Hour = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MOST = 48  # openings of a day


class OpeningModel(RequestBody):
    """Hours of a day in UK time, and how many may come."""

    starts: Hour = Field(examples=["07:00"])
    ends: Hour = Field(examples=["12:00"])
    capacity: int = Field(ge=0, le=10_000)

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.ends <= self.starts:
            raise ValueError("ends must be later than starts, on the same day")
        return self


Openings = Annotated[list[OpeningModel], Field(max_length=_MOST)]


class NewPool(RequestBody):
    """Slots of one kind, perhaps of one area, by the week."""

    pool: PoolName = Field(description="As case types name it", examples=["bulky_waste"])
    area: Area = Field(default="", description="The area it is for; empty: for every area")
    name: Title = Field(examples=["Bulky waste, north"])
    week: dict[Weekday, Openings] = Field(description="A day that is left out has no slots", max_length=7)
    exceptions: dict[Day, Openings] = Field(
        default={}, description="Days that are otherwise; an empty list closes a day", max_length=400
    )
    open_on_holidays: bool = Field(default=False, description="On bank holidays and closures too")
    hold_minutes: int = Field(default=30, ge=1, le=1440, description="How long a form holds a slot")
    notice_hours: int = Field(default=0, ge=0, le=24 * 60)
    days_ahead: int = Field(default=60, ge=0, le=730)

    @model_validator(mode="after")
    def _begin_apart(self) -> Self:
        for openings in (*self.week.values(), *self.exceptions.values()):
            if len({opening.starts for opening in openings}) != len(openings):
                raise ValueError("two slots of a day begin at the same time: give them one capacity")
        return self


class PoolView(Record):
    """A pool of slots."""

    pool: str
    area: str
    name: str
    week: dict[str, list[OpeningModel]]
    exceptions: dict[date, list[OpeningModel]]
    open_on_holidays: bool
    hold_minutes: int
    notice_hours: int
    days_ahead: int


class SlotView(BaseModel):
    """A slot, and how many places are free in it."""

    slot: str = Field(description="Its id: hold it, or give it as a case's field")
    area: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: int
    free: int


class SlotList(BaseModel):
    """Slots of a pool in the order in which they begin."""

    items: list[SlotView]
    more: bool = Field(description="There are more: ask for fewer days, or for one area")


class NewHold(RequestBody):
    """A slot to hold for a form, before there is a case."""

    slot: SlotId
    submission: Submission = Field(description="The one that the case will be opened with")


class Hold(BaseModel):
    """A slot that is held."""

    slot: str
    pool: str
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime = Field(description="Open the case before this")
