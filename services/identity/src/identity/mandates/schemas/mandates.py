"""The API models of mandates."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from chassis.ids import Id
from chassis.types import Name, reject_control_characters
from identity.shared.schemas import RequestBody

Theme = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[a-z][a-z-]*$")]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
    AfterValidator(reject_control_characters),
]


class NewMandate(RequestBody):
    """An offer to let another person act for you."""

    theme: Theme = Field(examples=["council-tax"])
    expires_at: AwareDatetime = Field(description="At most two years ahead")
    my_name: Name = Field(description="Your name, as the other person knows it", examples=["Rosa Example"])
    their_name: Name = Field(description="The other person's name, as you know it", examples=["Ben Example"])
    email: Email | None = Field(
        default=None, description="The other person's; leave it out for a code to hand over"
    )


class Mandate(BaseModel):
    """A mandate, as either side sees it."""

    id: Id
    side: Literal["principal", "delegate"] = Field(
        description="Your side: principal, acted for; delegate, acting"
    )
    theme: str
    status: Literal["offered", "accepted", "declined", "revoked", "expired"]
    minimum_level: str = Field(description="How sure both people had to be themselves; see the theme's")
    confirm_url: str | None = Field(
        default=None,
        description="Where the person confirms or accepts it themselves, while it waits for them. Send their"
        " browser there",
    )
    principal: str | None = Field(
        default=None,
        description="The principal's subject at this council. A service asks with it for a token to act for"
        " them. Shown to the delegate while the mandate holds",
    )
    principal_name: str | None = None
    delegate_name: str | None = None
    offered_at: datetime
    confirmed_at: datetime | None = Field(
        default=None,
        description="When the principal confirmed the offer. Until then nobody else hears of it, and its"
        " code does not work. Mandates accepted before confirming began have none",
    )
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime


class MandateMade(Mandate):
    """A new offer. It does not say whether the address belongs to an account."""

    code: str | None = Field(
        default=None,
        description="Give it to the other person: it works once, for 14 days after the offer is confirmed."
        " It is never shown again",
    )


class OfferCode(RequestBody):
    """The code of an offer."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=60)] = Field(
        examples=["7h2k-9w4e-x1c8-m5qz"]
    )
