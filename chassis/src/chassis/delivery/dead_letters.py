"""The dead letters of a service: events that its consumers could not process, each with the reason.

A letter lies on ``dead.{service}.{consumer}.letter.{id}``. Its id is a digest of the event's subject and
body, so the same event of a consumer made anew, or of a stream told again, is the same letter and not a
second one. A letter that a person drops leaves a marker on ``....dropped.{id}``, with who and why and without
the event. NATS refuses to bury the event again: the expectation covers both subjects.

Workers only publish here. Reading and removing needs the owner's credentials.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import APIError
from pydantic import BaseModel, ValidationError

from chassis import ids
from chassis.broker.connection import jetstream
from chassis.broker.topology import dead_letter_stream

_ALREADY_THERE = 10071  # NATS: wrong last sequence
_HEADERS_SIZE = 8_192  # bytes of a message kept free for headers
_BATCH = 500
_FETCH_TIMEOUT = 5.0  # seconds
_MAX_REASON = 300  # characters
_MAX_DETAIL = 1_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that failed; without its body. Only ``detail`` can hold personal data."""

    id: str
    consumer: str
    nats_subject: str
    event_id: str
    reason: str
    detail: str
    time: datetime  # when it was buried, or dropped
    position: int  # in the stream of dead letters
    size: int  # of the event, in bytes
    dropped_by: str = ""
    dropped_because: str = ""


class _EventId(BaseModel):
    id: ids.Id


def letter_id(nats_subject: str, body: bytes) -> str:
    """Return the id of an event's letter: 26 characters, the same for the same subject and body."""
    digest = hashlib.sha256(nats_subject.encode() + b"\n" + body).digest()
    number = int.from_bytes(digest[:16])
    return ids.show(UUID(int=number))


async def bury(client: Client, service: str, consumer: str, message: Msg, reason: str, detail: str) -> bool:
    """Publish a message as a dead letter. False: it lies there already, or was dropped. Raises NatsError."""
    name = letter_id(message.subject, message.data)
    subject = f"dead.{service}.{consumer}"
    body = message.data[: client.max_payload - _HEADERS_SIZE]
    headers = {
        "Nats-Expected-Last-Subject-Sequence": "0",
        "Nats-Expected-Last-Subject-Sequence-Subject": f"{subject}.*.{name}",
        "Townhall-Subject": _to_line(message.subject, _MAX_REASON),
        "Townhall-Event": _read_event_id(message.data),
        "Townhall-Size": str(len(message.data)),
        "Townhall-Reason": _to_line(reason, _MAX_REASON),
        "Townhall-Detail": _to_line(detail, _MAX_DETAIL),
    }
    try:
        await jetstream(client).publish(f"{subject}.letter.{name}", body, headers=headers)
    except APIError as error:
        if error.err_code != _ALREADY_THERE:
            raise
        return False
    return True


def _to_line(text: str, longest: int) -> str:
    """Write text as the value of a header: one line of ASCII."""
    line = "".join(char if " " <= char <= "~" else "?" for char in " ".join(text.split()))
    return line[:longest].strip() or "-"


def _read_event_id(body: bytes) -> str:
    try:
        return ids.show(_EventId.model_validate_json(body).id)
    except ValidationError:
        return "-"


class DeadLetters:
    """Reads and removes the dead letters of a service. Needs the owner's credentials."""

    def __init__(self, client: Client, service: str) -> None:
        self._js = jetstream(client)
        self.service = service
        self._stream = dead_letter_stream(service)

    async def list(
        self, consumer: str = "*", kind: Literal["letter", "dropped"] = "letter", name: str = "*"
    ) -> AsyncIterator[DeadLetter]:
        """Yield the letters of a consumer, or of all, in the order in which they were buried."""
        subject = f"dead.{self.service}.{consumer}.{kind}.{name}"
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, headers_only=True, inactive_threshold=30)
        subscription = await self._js.pull_subscribe(subject, stream=self._stream, config=config)
        try:
            left = (await subscription.consumer_info()).num_pending or 0
            while left:
                messages = await subscription.fetch(min(left, _BATCH), timeout=_FETCH_TIMEOUT)
                for message in messages:
                    yield _read(message)
                left = messages[-1].metadata.num_pending
        finally:
            await subscription.unsubscribe()

    async def get(self, name: str) -> DeadLetter | None:
        """Read a letter by its id."""
        try:
            ids.read(name)
        except ValueError:
            return None
        async for letter in self.list(name=name):
            return letter
        return None

    async def read_body(self, letter: DeadLetter) -> bytes | None:
        """Read the event. None: it was too large to be kept whole."""
        message = await self._js.get_msg(self._stream, seq=letter.position)
        body = message.data or b""
        return body if len(body) == letter.size else None

    async def delete(self, letter: DeadLetter) -> None:
        """Remove a letter whose event has taken effect."""
        await self._js.delete_msg(self._stream, letter.position)

    async def drop(self, letter: DeadLetter, by: str, because: str) -> None:
        """Remove a letter for ever. What stays is who dropped it, and why."""
        headers = {
            "Townhall-Subject": letter.nats_subject,
            "Townhall-Event": letter.event_id,
            "Townhall-Size": str(letter.size),
            "Townhall-Reason": letter.reason,
            "Townhall-Dropped-By": _to_line(by, _MAX_REASON),
            "Townhall-Dropped-Because": _to_line(because, _MAX_REASON),
        }
        subject = f"dead.{self.service}.{letter.consumer}.dropped.{letter.id}"
        await self._js.publish(subject, b"", headers=headers)
        await self.delete(letter)


def _read(message: Msg) -> DeadLetter:
    headers: Mapping[str, str] = message.headers or {}
    _, _, consumer, _, name = message.subject.split(".")
    return DeadLetter(
        id=name,
        consumer=consumer,
        nats_subject=headers.get("Townhall-Subject", "-"),
        event_id=headers.get("Townhall-Event", "-"),
        reason=headers.get("Townhall-Reason", "-"),
        detail=headers.get("Townhall-Detail", "-"),
        time=message.metadata.timestamp.astimezone(UTC),
        position=message.metadata.sequence.stream,
        size=int(headers.get("Townhall-Size", "0")),
        dropped_by=headers.get("Townhall-Dropped-By", ""),
        dropped_because=headers.get("Townhall-Dropped-Because", ""),
    )
