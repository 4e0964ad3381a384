"""The models of matching."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from address.shared.fields import UprnText

MAX_ADDRESS = 500
MAX_POSTCODE = 16
Confidence = Annotated[float, Field(ge=0, le=1)]


class MatchQuestion(BaseModel):
    """An address in one line, in any form."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_ADDRESS),
        Field(examples=["flat 12 spring ct, 97 York St Bath"]),
    ]
    postcode: (
        Annotated[
            str,
            StringConstraints(max_length=MAX_POSTCODE),
            Field(
                description="When it is apart from the address; it need not be right", examples=["BA1 1LJ"]
            ),
        ]
        | None
    ) = None


class MatchCandidate(BaseModel):
    """A property that may be meant."""

    uprn: UprnText
    address: str = Field(examples=["FLAT 12, SPRING COURT, 97 YORK STREET, BATH, BA1 1LJ"])
    confidence: Confidence


class MatchAnswer(BaseModel):
    """The property that is meant. ``uprn`` is null unless the outcome is ``matched``."""

    outcome: Literal["matched", "ambiguous", "none"]
    uprn: UprnText | None
    confidence: Confidence = Field(description="The chance that the first candidate is the property")
    exact: bool = Field(
        description="The address is the gazetteer's own, but for short forms, case and punctuation"
    )
    reasons: list[str] = Field(max_length=20, examples=[["street misspelt", "postcode not given"]])
    candidates: list[MatchCandidate] = Field(max_length=5, description="The likeliest first")
