"""Models of the API of cases."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, JsonValue, StringConstraints

from casework.shared.schemas import RequestBody
from chassis.ids import Id
from chassis.json_values import check_json
from chassis.messages import Channel, is_recipient
from chassis.types import Uprn, Usrn


def check_email(email: str) -> str:
    """Check that messages can go to an address. Raises ValueError."""
    if not is_recipient(Channel.EMAIL, email):
        raise ValueError("Give an e-mail address, such as jo@example.org.")
    return email


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
EmailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(check_email)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{4,14}$")]
# The bound before the check, so that the schema says `maxProperties`.
Fields = Annotated[
    dict[str, JsonValue],
    Field(max_length=100, description="Field -> value, as the case type has them"),
    AfterValidator(check_json),
]
_EFFECTIVE = Field(
    default=None,
    description="When it happened, if that was before now: clocks count from it. It may not lie ahead.",
)


class ContactDetails(RequestBody):
    """How the person whom a case is about is reached. An e-mail is sent rather than an SMS."""

    email: EmailAddress | None = None
    phone: Phone | None = Field(default=None, description="E.164", examples=["+447700900123"])
    language: Literal["en", "cy"] = Field(default="en", description="Of what we send")


class Location(RequestBody):
    """Where something is: a point by WGS 84, and the street if it is known."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[51.3813])]
    long: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[-2.3590])]
    usrn: Usrn | None = None


class NewCase(RequestBody):
    """A case to open."""

    case_type: Name = Field(description="The code of a published case type", examples=["missed-bin"])
    case_type_version: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,3}\.[0-9]{1,3}(\.[a-z0-9]{1,16})?$",
        max_length=24,
        description="The number of the version your form was made for, published or retired; without it, "
        "the published one",
        examples=["1.0.8c41"],
    )
    action: Name | None = Field(default=None, description="The action that opens it, if there are several")
    fields: Fields = Field(default={})
    effective_at: AwareDatetime | None = _EFFECTIVE
    submission: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Your own id of what was sent: the same one never opens a second case",
    )
    person: Subject | None = Field(default=None, description="The `sub` of the person whom it is about")
    uprn: Uprn | None = None
    location: Location | None = None
    contact: ContactDetails | None = None


class NewAct(RequestBody):
    """What is done to a case."""

    fields: Fields = Field(default={})
    result: Name | None = Field(default=None, description="The result, for an action with more than one")
    effective_at: AwareDatetime | None = _EFFECTIVE


class TaskOutcome(RequestBody):
    """How a task came out."""

    outcome: Name | None = None
    fields: Fields = Field(default={})
    effective_at: AwareDatetime | None = _EFFECTIVE


class Correction(RequestBody):
    """When something truly happened."""

    effective_at: AwareDatetime


class NewSplit(RequestBody):
    """What the new case takes of this one."""

    fields: list[Name] | None = Field(
        default=None, max_length=60, description="Fields of the new case; without, all that it may take"
    )
    effective_at: AwareDatetime | None = _EFFECTIVE


class Assignment(RequestBody):
    """Who works on a case. Leave out what stays; null takes it away."""

    team: Name | None = None
    assignee: Subject | None = None


class Words(BaseModel):
    """A text in both languages."""

    en: str
    cy: str


class ClockView(BaseModel):
    """A clock of a case."""

    clock: str
    name: Words
    due_on: str | None = Field(description="The last day on which it is in time; null while it does not run")
    due_at: AwareDatetime | None = Field(description="The moment from which it is too late")
    breached_at: AwareDatetime | None
    uncomputed: str | None = Field(description="Why there is no due date, and what must be loaded")
    basis: str = Field(description="Whether it is law, a code, or the council's own promise")
    source: str
    verified: bool = Field(description="Whether a lawyer has checked the source")


class SlotOfCase(BaseModel):
    """A slot that a case has booked."""

    slot: str = Field(description="As the case type names it")
    status: str = Field(description="held, confirmed; or lost, if the hold ran out")
    chosen: str
    starts_at: AwareDatetime
    expires_at: AwareDatetime | None = Field(description="When a hold ends")


class TaskView(BaseModel):
    """A task of a case."""

    task: str
    name: Words
    role: str
    status: str
    outcome: str
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None


class TaskAssignment(RequestBody):
    """Who does a task; null: anybody of its role."""

    assignee: Subject | None


class ActionView(BaseModel):
    """An action of a case in its state, and why you may not do it."""

    action: str
    name: Words
    asks: list[str]
    results: list[str]


class SplitView(BaseModel):
    """How you may split a case in its state."""

    split: str
    name: Words
    case_type: str
    fields: list[str] = Field(description="Fields of the new case that you may carry over")


class LinkView(BaseModel):
    """A link of a case to another, or of another to it."""

    case: Id
    reference: str
    case_type: str
    state: str
    kind: Literal["link", "merge", "sub_case", "split"] = Field(
        description="`merge`: the one ended in the other; `split`: the one was a part of the other"
    )
    relation: str
    outward: bool = Field(description="Whether this case made it: opened, follows or ended in the other")
    at: AwareDatetime


class CaseSummary(BaseModel):
    """A case in a list: nothing of a person."""

    id: Id
    reference: str = Field(examples=["HF7K-2P9Q-XBC"])
    case_type: str
    state: str
    result: str
    team: str | None
    assignee: str | None
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None
    due_at: AwareDatetime | None
    version: int


class FeeLineView(BaseModel):
    """A line of the fee that is still due."""

    line: str = Field(description="As the case type names it; empty where the fee has no lines")
    name: Words
    amount: int = Field(description="Pence")


class PaymentLineView(BaseModel):
    """A line of the payment to create, as payments takes it."""

    fund: str
    vat_code: str | None = Field(description="Null: the fund's")
    amount: int = Field(description="Pence")
    reference: str
    narrative: str


class PaymentView(BaseModel):
    """The payment to create: send it to payments with your `return_url`."""

    amount: int = Field(description="Pence")
    reference: str
    description: str
    metadata: dict[str, str]
    lines: list[PaymentLineView] | None = Field(description="Null where the case type names no fund")


class Case(CaseSummary):
    """A case, with the fields that you may read."""

    mode: str
    public_state: Words
    staff_state: Words
    person: str | None
    submission: str | None
    uprn: Uprn | None
    location: Location | None
    charged: int = Field(description="Pence")
    paid: int = Field(description="Pence, without those that are to be given back")
    amount_due: int = Field(description="Pence")
    fee_lines: list[FeeLineView]
    payment: PaymentView | None = Field(description="What pays what is due; null if nothing is")
    refund_due: int = Field(description="Pence to give back. Give them back at payments: this moves no money")
    refunded: int = Field(description="Pence that payments gave back")
    slots: list[SlotOfCase]
    payments: list[str] = Field(description="The payments for this case, to give money back from")
    fields: dict[str, Any]
    clocks: list[ClockView]
    tasks: list[TaskView]
    actions: list[ActionView]
    splits: list[SplitView]
    links: list[LinkView]
    contact: ContactDetails | None


class HistoryEntry(BaseModel):
    """What was done to a case, by whom, and which rules were weighed."""

    n: int
    kind: str
    act: str
    at: AwareDatetime
    effective_at: AwareDatetime
    actor: dict[str, str]
    before: dict[str, Any]
    after: dict[str, Any]
    weighed: list[dict[str, Any]]
    personal: dict[str, Any] | None = Field(
        description="Fields that lie apart, before and after; null if there are none or they were erased"
    )
    digest: str = Field(description="Of this entry and the one before, hexadecimal")
