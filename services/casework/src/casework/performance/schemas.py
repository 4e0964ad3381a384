"""Figures as the API gives them."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class ClockFigures(BaseModel):
    """How a deadline was met in a week."""

    clock: str
    in_time: int
    overdue: int


class ResultFigures(BaseModel):
    """How many cases ended with a result."""

    result: str
    closed: int


class WeekFigures(BaseModel):
    """A type's figures in a week."""

    week: str = Field(description="ISO 8601, such as 2026-W14; weeks begin on Monday, by UK time")
    first_day: date
    case_type: str
    opened: int = 0
    closed: int = 0
    in_time: int = Field(default=0, description="Closed, and no deadline that ran until then had passed")
    overdue: int = Field(default=0, description="Closed after a deadline that ran until then")
    reopened: int = 0
    clocks: list[ClockFigures] = Field(default=[], description="Deadlines that ended, by clock")
    results: list[ResultFigures] = []


class OpenFigures(BaseModel):
    """What of a type is open now."""

    case_type: str
    open: int
    overdue: int = Field(description="Their first deadline has passed")
    oldest: datetime = Field(description="When the oldest of them was opened")


class Performance(BaseModel):
    """Figures of weeks, and of now. They name nobody and no case."""

    first_day: date
    last_day: date
    weeks: list[WeekFigures]
    now: list[OpenFigures]
