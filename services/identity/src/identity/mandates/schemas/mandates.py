"""The models of mandates."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from chassis.ids import Id
from chassis.types import Name, plain
from identity.shared.schemas import RequestBody

Theme = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[a-z][a-z-]*$")]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
    AfterValidator(plain),
]


class NewMandate(RequestBody):
    """What a person lets another do."""

    theme: Theme = Field(examples=["council-tax"])
    expires_at: AwareDatetime = Field(description="Two years ahead at most")
    my_name: Name = Field(description="By which the other knows you", examples=["Rosa Example"])
    their_name: Name = Field(description="By which you know the other", examples=["Ben Example"])
    email: Email | None = Field(
        default=None, description="The other's; without it there is a code to hand over"
    )


class Mandate(BaseModel):
    """A mandate, as either side sees it."""

    id: Id
    side: Literal["principal", "delegate"] = Field(description="Yours: acted for, or acting")
    theme: str
    status: Literal["offered", "accepted", "declined", "revoked", "expired"]
    principal: str | None = Field(
        default=None,
        description="The person's subject at this council, by which a service asks for a token to act for"
        " him; shown to the delegate while the mandate holds",
    )
    principal_name: str | None = None
    delegate_name: str | None = None
    offered_at: datetime
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime


class MandateMade(Mandate):
    """A new offer. Whether the address is anybody's is not said."""

    code: str | None = Field(
        default=None, description="Hand it to the other: it works once, for 14 days. Never shown again"
    )


class OfferCode(RequestBody):
    """The code of an offer, as it was handed over."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=60)] = Field(
        examples=["7h2k-9w4e-x1c8-m5qz"]
    )
