"""Values that several models of council finance have."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import reject_control_characters
from payments.shared.references import MAX_LENGTH
from payments.shared.schemas import RequestBody

MAX_MONTHS = 600
Code = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Z]{1,10}$", min_length=1, max_length=10),
    Field(description="Digits and capital letters", examples=["23"]),
]
LedgerCode = Annotated[
    str,
    StringConstraints(pattern=r"^[\x21-\x7e]([\x20-\x7e]{0,38}[\x21-\x7e])?$", min_length=1, max_length=40),
    Field(description="Where your finance system books it. It is kept as it is", examples=["1000-CT-9001"]),
]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(reject_control_characters),
]
Help = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=300),
    AfterValidator(reject_control_characters),
]
Amount = Annotated[int, Field(ge=1, le=100_000_000_000, description="In pence")]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
ReferenceText = Annotated[str, StringConstraints(max_length=MAX_LENGTH)]
Narrative = Annotated[str, StringConstraints(max_length=255), AfterValidator(reject_control_characters)]
Treatment = Literal["outside_scope", "standard", "reduced", "zero", "exempt", "accounted", "suspense"]
FundKind = Literal["income", "debtor", "suspense", "transfer"]
RefundSpread = Literal["last_line_first", "largest_remainder", "refuse"]


IdOrCode = Annotated[
    Id | Code,
    Field(description="An id, or a code if only one has it", examples=["23"]),
]


class Versioned(BaseModel):
    """What every record has beside its own members."""

    id: Id
    version: int = Field(description="Rises with every change; also the ETag")
    updated_by: str = Field(description="The subject of the credential that changed it last")
    updated_at: datetime


class Change(RequestBody):
    """A change of a record: a member you leave out stays as it is."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give at least one member to change")
        return self

    def reject_nulls(self, *nullable: str) -> None:
        """Raise ValueError for a null that would remove what a record must have."""
        for name in sorted(self.model_fields_set - set(nullable)):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null; leave it out to keep it")
