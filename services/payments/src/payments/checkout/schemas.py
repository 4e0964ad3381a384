"""What a service sends to authorise a payment with card details. Source: GOV.UK Pay's published API."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from payments.payments.schemas.requests import ServiceRequest, Text255


class AuthorisationRequest(ServiceRequest):
    """The details of a card. Its repr shows nothing."""

    one_time_token: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=255)] = Field(
        description="Of the payment's `auth_url_post`", repr=False
    )
    card_number: Annotated[
        str, StringConstraints(strict=True, pattern="^[0-9]{12,19}$", min_length=12, max_length=19)
    ] = Field(description="Of a test card. Real cards are not accepted", repr=False)
    cvc: Annotated[str, StringConstraints(strict=True, pattern="^[0-9]{3,4}$", max_length=4)] = Field(
        repr=False
    )
    expiry_date: Annotated[
        str, StringConstraints(strict=True, pattern="^(0[1-9]|1[0-2])/[0-9]{2}$", max_length=5)
    ] = Field(description="MM/YY", repr=False)
    cardholder_name: Text255 = Field(repr=False)


class RequestFingerprint(BaseModel):
    """What tells whether a repeated request is the same, without the number and the security code."""

    card: str
    expiry_date: str
    cardholder_name: str
