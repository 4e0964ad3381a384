"""The API models of gateway accounts."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import reject_control_characters
from payments.funds.schemas.values import Change, IdOrCode, Title
from payments.gateway_accounts.rules import AccountSettings
from payments.shared.card_numbers import has_card_number
from payments.shared.schemas import RequestBody

Mode = Literal["sandbox", "live"]
Processor = Annotated[
    str,
    StringConstraints(pattern="^[a-z][a-z0-9-]{0,39}$", max_length=40),
    Field(description="One of this installation", examples=["sandbox"]),
]
Fund = Annotated[IdOrCode, Field(description="Of payments that name none, by id or code")]


def _reject_card_number(text: str) -> str:
    if has_card_number(text):
        raise ValueError("has a card number in it, which we must not store; leave it out")
    return reject_control_characters(text)


Name = Annotated[Title, AfterValidator(_reject_card_number)]


class NewAccountSettings(AccountSettings):
    """Settings to be set. Those you leave out are as they were, on a new account as documented."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=255), AfterValidator(_reject_card_number)
    ] = Field(default="", description="The council's, on VAT receipts")


class NewGatewayAccount(RequestBody):
    """An account to be made. Its mode and processor stay."""

    name: Name = Field(examples=["Licensing"])
    mode: Mode
    processor: Processor
    fund: Fund | None = None
    is_default: bool = Field(
        default=False, description="It is for every client that has no account of its own in this mode"
    )
    settings: NewAccountSettings = NewAccountSettings()


class GatewayAccountChange(Change):
    """A change of an account. For another mode or processor make another account."""

    name: Name | None = None
    fund: Fund | None = Field(default=None, description="Null: payments that name no fund go to suspense")
    is_default: Literal[True] | None = Field(
        default=None, description="Make it the default one of its mode, instead of the one that is"
    )
    is_open: bool | None = Field(
        default=None,
        description="Closed, it takes no new payment; those that are begun are finished, and refunds go on",
    )
    settings: NewAccountSettings | None = None

    @model_validator(mode="after")
    def _keeps_what_it_must_have(self) -> Self:
        self.reject_nulls("fund")
        return self


class GatewayAccount(BaseModel):
    """What clients take money for, in the sandbox or live, through one processor."""

    id: Id
    name: str
    mode: Mode
    processor: str
    fund: Id | None
    is_default: bool
    is_open: bool
    settings: AccountSettings
    version: int = Field(description="Rises with every change; also the ETag")
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


ClientId = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z0-9._~-]{1,100}$", max_length=100),
    Field(description="The client's `client_id`; an API key's is the id of the key"),
]


class AccountClient(BaseModel):
    """A client that uses an account."""

    client_id: str
    assigned_at: datetime
