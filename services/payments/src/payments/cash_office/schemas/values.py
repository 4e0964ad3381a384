"""Values that several models of counter takings have."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from chassis import ids
from chassis.ids import Id
from chassis.types import reject_control_characters
from payments.cash_office.rules.tills import DENOMINATIONS, Reason
from payments.shared.card_numbers import has_card_number
from payments.shared.schemas import Note as PlainNote
from payments.shared.schemas import RequestBody

MAX_NAME = 100
_MAX_PIECES = 100_000


def reject_card_number(text: str) -> str:
    """Refuse a text with a card number: it must not be stored."""
    if has_card_number(text):
        raise ValueError("has a card number in it, which we must not store; leave it out")
    return text


def _check_denominations(pieces: dict[int, int]) -> dict[int, int]:
    if unknown := sorted(set(pieces) - set(DENOMINATIONS)):
        raise ValueError(f"{unknown[0]} is no note or coin; name them by their pence, such as 2000 or 50")
    return pieces


Pennies = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True, description="Pence")]
Pieces = Annotated[int, Field(ge=0, le=_MAX_PIECES, strict=True)]
Counted = Annotated[
    dict[int, Pieces],
    Field(
        max_length=len(DENOMINATIONS),
        description="How many notes and coins of each kind, by their pence",
        examples=[{"2000": 3, "1000": 5, "50": 7}],
    ),
    AfterValidator(_check_denominations),
]
PersonName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME),
    AfterValidator(reject_control_characters),
    AfterValidator(reject_card_number),
]
Note = Annotated[PlainNote, AfterValidator(reject_card_number)]
BagNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, min_length=4, max_length=20,
                      pattern=r"^[0-9A-Za-z]+$"),
    AfterValidator(reject_card_number),
    Field(description="The paying-in number, as the bank's statement shows it", examples=["500123"]),
]  # fmt: skip
Kind = Literal["cash", "cheque"]
OwnId = Annotated[Id, Field(description="An id you choose: sent again, it is done once")]


class Cheque(RequestBody):
    """A cheque. Its payer is personal data, and is erased when the cheque can no longer come back."""

    number: str = Field(pattern=r"^[0-9]{1,8}$", max_length=8, description="The cheque's own number")
    sort_code: str = Field(pattern=r"^[0-9]{6}$", max_length=6)
    account_number: str = Field(pattern=r"^[0-9]{8}$", max_length=8)
    payer_name: PersonName


class Because(RequestBody):
    """Why something is done."""

    reason: Reason
    note: Note = Field(default="", description="In your own words; needed with the reason `other`")

    @model_validator(mode="after")
    def _has_words(self) -> "Because":
        if self.reason is Reason.OTHER and not self.note:
            raise ValueError("say in note what the reason is")
        return self


class Answer(RequestBody):
    """Why something is sent back."""

    answer: Note = Field(min_length=1)


class NewRecord(RequestBody):
    """What is made by staff, once."""

    id: OwnId = Field(default_factory=ids.new)


class Versioned(BaseModel):
    """What every record has beside its own members."""

    id: Id
    version: int = Field(description="Rises with every change; also the ETag")
    updated_at: datetime
