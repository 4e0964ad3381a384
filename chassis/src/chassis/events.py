"""Events: the CloudEvents 1.0 envelope and the payload in it.

An event's payload is a pydantic model in its publisher's ``events.py``. A consumer never imports it. It
declares a view of its own: a model of the few fields it needs, with the same ``event_type``.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from opentelemetry import propagate
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from chassis import ids

# JetStream refuses streams whose subjects could match its own API ($JS...), so none may start with `*`.
SUBJECT_PREFIX = "townhall"


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
    source: str = Field(description="urn:townhall:{capability}", max_length=200)
    type: str = Field(description="{capability}.{aggregate}.{event}.v{major}", max_length=100)
    subject: str = Field(description="Id of the aggregate the event is about", max_length=200)
    time: datetime
    datacontenttype: str = "application/json"
    council: str = Field(max_length=40)
    sequence: int = Field(ge=1, description="Version of the aggregate: later events have higher ones")
    traceparent: str | None = Field(
        default=None, description="W3C trace context of the cause", max_length=200
    )
    data: dict[str, JsonValue]


Data = TypeVar("Data", bound=EventData)


@dataclass(frozen=True, slots=True)
class Received(Generic[Data]):
    """An event as a consumer's handler gets it."""

    id: UUID
    type: str
    council: str
    subject: str
    sequence: int
    time: datetime
    data: Data


def wrap(data: EventData, *, source: str, council: str, subject: str, sequence: int) -> Envelope:
    """Wrap a payload in an envelope that carries the current trace."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return Envelope(
        id=ids.new(),
        source=source,
        type=data.event_type,
        subject=subject,
        time=datetime.now(UTC),
        council=council,
        sequence=sequence,
        traceparent=headers.get("traceparent"),
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
    )
