"""The API models of closures."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from casework.calendar.schemas.values import Day, Record, Title
from casework.shared.schemas import RequestBody

MAX_DAYS = 366


class NewClosure(RequestBody):
    """Days on which the council is closed."""

    first_day: Day = Field(examples=["2026-12-29"])
    last_day: Day = Field(description="May be the first day", examples=["2026-12-31"])
    name: Title = Field(examples=["Christmas closure"])
    name_cy: Title = Field(description="In Welsh", examples=["Cau dros y Nadolig"])

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        days = (self.last_day - self.first_day).days + 1
        if not 1 <= days <= MAX_DAYS:
            raise ValueError(
                f"last_day must be on first_day or later, and the closure at most {MAX_DAYS} days"
            )
        return self


class ClosureView(Record):
    """Days on which the council is closed. They move its own standards only, never a legal deadline."""

    first_day: date
    last_day: date
    name: str
    name_cy: str
