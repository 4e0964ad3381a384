"""Models of the API of holdings."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from chassis.ids import Id

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=50)]
Plate = Annotated[str, Field(pattern=r"^[A-Za-z0-9 ]{1,12}$", examples=["AB12 CDE"])]


class HoldingView(BaseModel):
    """Something that is held today: nothing of who holds it."""

    kind: str
    started_on: date
    until: date | None = Field(description="The last day; null where nothing ends it")
    case: Id | None = Field(description="Null unless you have `casework:read`")
    reference: str | None = Field(description="Of the case; null unless you have `casework:read`")
    number: str | None = Field(description="Of the permit; null unless you have `casework:read`")


class Holdings(BaseModel):
    """What is held today at an address or for a vehicle."""

    active: int = Field(description="How many; 100 is 100 or more")
    until: date | None = Field(description="The last day of the one that lasts longest; null without one")
    items: list[HoldingView]
