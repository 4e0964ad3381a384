"""Deliver an event to a service's consumer as its worker does: the real envelope check, inbox and handler.

An event starts from its publisher's checked-in example, so a test fails when the publisher's contract does.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from chassis import ids
from chassis.app import Service
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.delivery import inbox
from chassis.events import SUBJECT_PREFIX, Envelope, EventData
from chassis.failures import Fault, classify, describe

_NOT_JSON = b'{"specversion": "1.0", "id": \xff'


@dataclass(frozen=True, slots=True)
class Message:
    """An event as NATS delivers it."""

    nats_subject: str
    body: bytes


class Outcome(NamedTuple):
    """What became of a message. ``reason``: why it goes to the dead letters."""

    state: Literal["processed", "repeated", "dead-letter"]
    reason: str = ""


class Deliver:
    """Delivers events to the consumers of one service: ``await deliver(PropertyChanged, uprn="7")``."""

    def __init__(self, service: Service, database: Database, examples: Path) -> None:
        self._service = service
        self._database = database
        self._examples = examples

    async def __call__(self, view: type[EventData], **changes: Any) -> Outcome:
        """Deliver one event of a view's type; ``changes`` as ``make`` takes them.

        Raises what a handler raises, unless the worker would bury the event for it at once.
        """
        (outcome,) = await self.batch(view, [self.make(view, **changes)])
        return outcome

    async def batch(self, view: type[EventData], messages: Sequence[Message]) -> list[Outcome]:
        """Deliver messages to the view's consumer in one transaction, or none of them if one is buried."""
        consumer = self.find_consumer(view)
        try:
            envelopes = [inbox.read_envelope(message.nats_subject, message.body) for message in messages]
            unseen = await inbox.apply(self._database, consumer, envelopes)
        except Exception as error:
            if classify(error) is not Fault.VALUE:
                raise
            return [Outcome("dead-letter", describe(error))] * len(messages)
        new = {envelope.id for envelope in unseen}
        # The first of two with the same id takes effect; `new` forgets it there.
        return [_settle(envelope, new) for envelope in envelopes]

    def make(
        self,
        view: type[EventData],
        *,
        envelope: Mapping[str, Any] | None = None,
        nats_subject: str = "",
        council: str = "citytown",
        sequence: int = 1,
        snapshot: bool = False,
        **data: Any,
    ) -> Message:
        """Make a message of the publisher's example with a new id.

        ``data`` overrides fields of its payload, ``envelope`` of its envelope: to forge one, to repeat an id.
        """
        example = self._read_example(view)
        fields = example | {
            "id": ids.show(ids.new()),
            "council": council,
            "sequence": sequence,
            "data": example["data"] | data,
            **({"snapshot": True} if snapshot else {}),
            **(envelope or {}),
        }
        return Message(nats_subject or view.nats_subject(council), json.dumps(fields).encode())

    def list_hostile(self, view: type[EventData]) -> dict[str, Message]:
        """List messages of the view's type that no consumer may take, by what is wrong with them."""
        subject = view.nats_subject("citytown")
        required = [name for name, field in view.model_fields.items() if field.is_required()]
        return {
            "another council's": self.make(view, nats_subject=view.nats_subject("hillshire")),
            "another event's": self.make(
                view, nats_subject=f"{SUBJECT_PREFIX}.citytown.elsewhere.thing.made"
            ),
            "of another source": self.make(view, envelope={"source": "urn:townhall:elsewhere"}),
            "without an id": self.make(view, envelope={"id": ""}),
            "of no sequence": self.make(view, sequence=0),
            "of a sequence past an integer": self.make(view, sequence=2**31),
            "without data": self.make(view, envelope={"data": {}}),
            "no JSON": Message(subject, _NOT_JSON),
            "empty": Message(subject, b""),
            **{f"with a list as {name}": self._replace(view, name, [{"$ne": 1}]) for name in required},
        }

    def _replace(self, view: type[EventData], field: str, value: Any) -> Message:
        return self.make(view, envelope={"data": self._read_example(view)["data"] | {field: value}})

    def find_consumer(self, view: type[EventData]) -> Consumer:
        """Find the one consumer that handles events through the view. Raises LookupError for none."""
        for consumer in self._service.all_consumers:
            handler = consumer.handlers.get(view.event_type)
            if handler is not None and handler.view is view:
                return consumer
        raise LookupError(f"{self._service.name} has no consumer with the view {view.__name__}")

    def _read_example(self, view: type[EventData]) -> dict[str, Any]:
        schema = json.loads((self._examples / f"{view.event_type}.json").read_text())
        example: dict[str, Any] = schema["examples"][0]
        return example


def _settle(envelope: Envelope, new: set[Any]) -> Outcome:
    if envelope.id not in new:
        return Outcome("repeated")
    new.discard(envelope.id)
    return Outcome("processed")
