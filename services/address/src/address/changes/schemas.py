"""The models of the change feed and of a history."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, JsonValue


class Change(BaseModel):
    """One change, with the data of its event."""

    type: str = Field(description="The event's type", examples=["address.property.changed.v1"])
    subject: str = Field(description="The UPRN or USRN", examples=["907900112339"])
    sequence: int = Field(description="The property's or street's version: later changes have higher ones")
    at: datetime
    data: dict[str, Any] = Field(description="The event's data")


class ChangePage(BaseModel):
    """Changes in the order of their commits."""

    items: list[Change] = Field(max_length=1000)
    next: str = Field(description="Cursor to send as `after` next time, also when nothing is left now")
    more: bool = Field(description="Whether there is more to read right now")


class Past(BaseModel):
    """One change of a property or a street, and who made it."""

    version: int
    at: datetime
    actor: str = Field(description="Who: a token's subject, or load/{id}")
    kind: Literal["created", "changed", "retired"]
    changes: dict[str, JsonValue] | None = Field(description="Field to [before, after]; null when created")
