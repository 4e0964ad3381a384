"""The models of the number ranges a council was allotted."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.types import Uprn, Usrn


class UprnSpan(BaseModel):
    """A range of UPRNs, first and last included."""

    model_config = ConfigDict(extra="forbid")

    first: Uprn
    last: Uprn

    @model_validator(mode="after")
    def _in_order(self) -> "UprnSpan":
        if self.last < self.first:
            raise ValueError("last must not be less than first")
        return self


class UsrnSpan(UprnSpan):
    """A range of USRNs, first and last included."""

    first: Usrn
    last: Usrn


class RangesSet(BaseModel):
    """All ranges of a council. They replace those it has now."""

    model_config = ConfigDict(extra="forbid")

    uprn: Annotated[
        list[UprnSpan], Field(max_length=100, examples=[[{"first": 907900000001, "last": 907900099999}]])
    ]
    usrn: Annotated[list[UsrnSpan], Field(max_length=100, examples=[[{"first": 90700001, "last": 90709999}]])]


class NumberRange(BaseModel):
    """A range, and how many of its numbers are free."""

    first: int
    last: int
    free: int


class Ranges(BaseModel):
    """The council's ranges. ``version`` is the ETag."""

    version: int
    uprn: list[NumberRange]
    usrn: list[NumberRange]
