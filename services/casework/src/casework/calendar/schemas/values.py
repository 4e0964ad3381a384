"""Values that several models of calendars have."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from casework.calendar.rules.bank_holidays import FORECAST_UNTIL
from chassis.ids import Id
from chassis.types import reject_control_characters

FIRST_YEAR = 2012
Year = Annotated[int, Field(ge=FIRST_YEAR, le=FORECAST_UNTIL)]
Day = Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=date(FORECAST_UNTIL, 12, 31))]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(reject_control_characters),
]


class Versioned(BaseModel):
    """What every record has beside its own members."""

    version: int = Field(description="Rises with every change; also the ETag")
    updated_by: str = Field(description="The subject of the credential that changed it last")
    updated_at: datetime


class Record(Versioned):
    """A record with an id."""

    id: Id
