"""Events: the CloudEvents 1.0 envelope and the payload in it.

An event's payload is a pydantic model in its publisher's ``events.py``. A consumer never imports it. It
declares a view of its own: a model of the few fields it needs, with the same ``event_type``.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, TypeVar
from uuid import UUID

from opentelemetry import propagate
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from chassis import clock, ids
from chassis.json_values import JsonObject
from chassis.types import reject_control_characters

# JetStream refuses streams whose subjects could match its own API ($JS...), so none may start with `*`.
SUBJECT_PREFIX = "townhall"
MAX_SEQUENCE = 2**31 - 1  # an aggregate's version is an integer of PostgreSQL

SOURCE_PREFIX = "urn:townhall:"
_Line = Annotated[str, AfterValidator(reject_control_characters)]


class ForgedEventError(ValueError):
    """An envelope contradicts the NATS subject under which it was published."""


class EventData(BaseModel):
    """An event's payload. A subclass names its type (``address.property.changed.v1``) and an example."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_type: ClassVar[str]
    event_example: ClassVar[dict[str, Any]] = {}

    @classmethod
    def capability(cls) -> str:
        """Return the capability that publishes the event: ``address``."""
        return cls.event_type.partition(".")[0]

    @classmethod
    def aggregate(cls) -> str:
        """Return the type of the aggregate that the event is about: ``address.property``."""
        return ".".join(cls.event_type.split(".")[:2])

    @classmethod
    def nats_subject(cls, council: str) -> str:
        """Return ``townhall.{council}.{capability}.{aggregate}.{event}``: the type without its version."""
        return f"{SUBJECT_PREFIX}.{council}.{cls.event_type.rpartition('.')[0]}"


class Envelope(BaseModel):
    """CloudEvents 1.0, structured JSON, with ``council``, ``sequence`` and ``traceparent`` as extensions."""

    model_config = ConfigDict(extra="ignore")

    specversion: str = Field(default="1.0", pattern=r"^1\.0$")
    id: ids.Id
    source: _Line = Field(description="urn:townhall:{capability}", max_length=200)
    type: _Line = Field(description="{capability}.{aggregate}.{event}.v{major}", max_length=100)
    subject: _Line = Field(description="Id of the aggregate the event is about", max_length=200)
    time: AwareDatetime
    datacontenttype: str = "application/json"
    council: _Line = Field(max_length=40)
    sequence: int = Field(
        ge=1, le=MAX_SEQUENCE, description="Version of the aggregate: later events have higher ones"
    )
    traceparent: _Line | None = Field(
        default=None, description="W3C trace context of the cause", max_length=200
    )
    snapshot: bool | None = Field(
        default=None,
        description="True: nothing happened. The publisher tells the aggregate's present state again: set"
        " your copy of it. Programs that act on what happens skip it",
    )
    data: JsonObject

    @property
    def nats_subject(self) -> str:
        """Return the NATS subject on which the event belongs: its council, and its type without version."""
        return f"{SUBJECT_PREFIX}.{self.council}.{self.type.rpartition('.')[0]}"

    def check_origin(self, nats_subject: str) -> None:
        """Check that the envelope says of itself what its NATS subject says, which NATS has authorised.

        Raises ForgedEventError: another council, capability, aggregate or event, or another's source.
        """
        capability = self.type.partition(".")[0]
        if self.nats_subject != nats_subject:
            raise ForgedEventError(f"the envelope says {self.nats_subject}, the subject is {nats_subject}")
        if self.source != f"{SOURCE_PREFIX}{capability}":
            raise ForgedEventError(f"the source of {capability} is {SOURCE_PREFIX}{capability}")


Data = TypeVar("Data", bound=EventData)


@dataclass(frozen=True, slots=True)
class Received(Generic[Data]):
    """An event as a consumer's handler gets it."""

    id: UUID
    type: str
    council: str
    subject: str
    sequence: int
    time: AwareDatetime
    data: Data
    snapshot: bool = False


def wrap(
    data: EventData, *, source: str, council: str, subject: str, sequence: int, snapshot: bool = False
) -> Envelope:
    """Wrap a payload in an envelope that carries the current trace."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return Envelope(
        id=ids.new(),
        source=source,
        type=data.event_type,
        subject=subject,
        time=clock.now(),
        council=council,
        sequence=sequence,
        traceparent=headers.get("traceparent"),
        snapshot=snapshot or None,
        data=data.model_dump(mode="json"),
    )


def unwrap(envelope: Envelope, view: type[Data]) -> Received[Data]:
    """Read an envelope through a consumer's view. Raises pydantic.ValidationError if it does not fit."""
    return Received(
        id=envelope.id,
        type=envelope.type,
        council=envelope.council,
        subject=envelope.subject,
        sequence=envelope.sequence,
        time=envelope.time,
        data=view.model_validate(envelope.data),
        snapshot=bool(envelope.snapshot),
    )
