"""Models of the API for residents: words in the language of the request, and nothing of staff."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from casework.cases.schemas import ContactDetails, Fields, Name
from casework.shared.schemas import RequestBody
from chassis.types import reject_control_characters

Move = Literal["council", "you", "nobody"]
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$"  # lines, without control characters


class OwnCaseSummary(BaseModel):
    """A case of yours in a list."""

    reference: str = Field(examples=["HF7K-2P9Q-XBC"])
    case_type: str
    name: str = Field(description="What it is, in words")
    status: str = Field(description="Where it stands, in words", examples=["A crew is coming back"])
    move: Move = Field(description="Whose move it is")
    next_step: str = Field(
        description="What happens next and by when, in words",
        examples=["We aim to take the next step by Wednesday 8 April 2026."],
    )
    due_on: str | None = Field(description="The last day for the next step, if one is set")
    late: bool = Field(description="Whether the council has missed that day")
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None


class Answer(BaseModel):
    """An answer that you gave."""

    field: str
    label: str
    value: Any


class Question(BaseModel):
    """What an action asks you."""

    field: str
    label: str
    answer: dict[str, Any] = Field(description="JSON Schema of the answer")


class OwnAction(BaseModel):
    """What you can do now."""

    action: str
    name: str
    asks: list[Question]


class Message(BaseModel):
    """What the council wrote to you, or you to it."""

    direction: Literal["to_you", "from_you"]
    by: Literal["council", "you", "delegate"] = Field(description="`delegate`: who acts for you")
    text: str
    at: AwareDatetime


class TimelineItem(BaseModel):
    """What happened, in public words."""

    at: AwareDatetime
    text: str
    by: Literal["council", "you", "delegate"] = Field(description="`delegate`: who acts for you")


class OwnFile(BaseModel):
    """A file that was sent for you."""

    name: str
    state: str = Field(description="`held` until it is scanned, then `clean`, `infected` or `broken`")
    at: AwareDatetime


class CaseOpening(BaseModel):
    """That somebody of the council opened the case and so read about you."""

    hour: AwareDatetime = Field(description="The hour in which they did, however often")
    role: str = Field(description="Theirs, in words", examples=["Waste officer"])


class OwnCase(OwnCaseSummary):
    """A case of yours."""

    language: Literal["en", "cy"] = Field(description="Of these words")
    charged: int = Field(description="Pence")
    paid: int = Field(description="Pence")
    answers: list[Answer]
    actions: list[OwnAction]
    messages: list[Message] = Field(description="The latest first, at most 200")
    timeline: list[TimelineItem] = Field(description="The latest first, at most 200")
    files: list[OwnFile]
    opened_by: list[CaseOpening] = Field(
        description="Who of the council opened it, the latest first, in the last 90 days; at most 200"
    )
    contact: ContactDetails | None
    version: int


class NewOwnCase(RequestBody):
    """A case to open for yourself, or for whom you act."""

    case_type: Name = Field(description="The code of a published case type", examples=["missed-bin"])
    action: Name | None = Field(default=None, description="The action that opens it, if there are several")
    fields: Fields = Field(default={})
    contact: ContactDetails | None = None


class OwnAct(RequestBody):
    """What you do to a case."""

    fields: Fields = Field(default={})
    result: Name | None = Field(default=None, description="The result, for an action with more than one")


class NewMessage(RequestBody):
    """What you write to the council about a case."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=4_000, pattern=_TEXT)]


class CaseLookup(RequestBody):
    """What a guest knows of a case."""

    reference: Annotated[str, StringConstraints(max_length=20)] = Field(
        description="As people write it, such as HF7K-2P9Q-XBC"
    )
    proof: Annotated[
        str, StringConstraints(min_length=1, max_length=254), AfterValidator(reject_control_characters)
    ] = Field(description="The e-mail address, phone number or postcode given when the case was opened")


class CaseStatus(BaseModel):
    """Where a case stands: words, and nothing of the person or their answers."""

    reference: str
    name: str
    status: str
    move: Move
    next_step: str
    language: Literal["en", "cy"]
