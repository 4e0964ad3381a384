"""The streams and durable consumers. Only the owner makes them: ``python -m chassis.broker streams``."""

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.broker.accounts import OWNER
from chassis.broker.connection import Access
from chassis.broker.topology import (
    CouncilConsumer,
    Durable,
    Topology,
    dead_letter_stream,
    stream_name,
)
from chassis.events import SUBJECT_PREFIX
from chassis.settings import Settings

log = logging.getLogger(__name__)

ACK_WAIT = 60.0  # seconds until the server delivers an unacknowledged event again
MAX_PENDING = 2_000  # events a consumer may have in hand
_TRIES = 25
_TRY_INTERVAL = 0.2  # seconds
_DAY = 86_400  # seconds
_DEAD_LETTER_DAYS = 365
_DUPLICATE_WINDOW = 120  # seconds in which the server itself drops a repeated Nats-Msg-Id
# Identity's events say which councils there are: a service installed years later must still learn them.
_UNLIMITED = {"identity"}


class OwnerSettings(BaseSettings):
    """Settings of the owner of the streams, from environment variables with the prefix ``NATS_``."""

    model_config = SettingsConfigDict(env_prefix="NATS_", frozen=True)

    url: str = "nats://127.0.0.1:8022"
    owner_seed: SecretStr = Field(default=SecretStr(""), description="Seed of the user `owner`")
    ca: Path | None = Field(default=None, description="PEM certificates that vouch for the server")
    replicas: int = Field(default=1, ge=1, le=5, description="Servers that hold each event")
    # The inbox recognises an event delivered again for 32 days: no stream may keep events longer.
    max_age_days: int = Field(
        default=30, ge=1, le=30, description="Days that events are kept, but identity's"
    )
    max_bytes: int = Field(default=-1, ge=-1, description="Largest size of each stream; -1 for no limit")

    def access(self) -> Access:
        """Return the owner's access to the server."""
        return Access(self.url, OWNER, self.owner_seed.get_secret_value(), self.ca)


def owner_access(settings: Settings) -> Access:
    """Return the owner's access to the server of a service, with the seed in the environment."""
    return OwnerSettings(url=settings.nats_url, ca=settings.nats_ca).access()


async def ensure_all(
    client: Client, topology: Topology, settings: OwnerSettings, consumers: Sequence[CouncilConsumer] = ()
) -> None:
    """Create every stream and durable consumer, or bring them to today's configuration.

    A council's consumer that is no longer listed is deleted; so are its events in hand.
    """
    for service in topology.services:
        await ensure_stream(client, _configure_events(service, settings))
        await ensure_stream(client, _configure_dead_letters(service, settings))
    for durable in topology.durables:
        await ensure_durable(client, durable)
        await ensure_durable(client, durable.letter_counter)
    for stream in topology.streams:
        await _ensure_council_consumers(client, stream, consumers)


def _configure_events(service: str, settings: OwnerSettings) -> StreamConfig:
    max_age = 0 if service in _UNLIMITED else settings.max_age_days * _DAY
    subject = f"{SUBJECT_PREFIX}.*.{service}.>"
    return _configure(stream_name(service), subject, max_age, settings)


def _configure_dead_letters(service: str, settings: OwnerSettings) -> StreamConfig:
    return _configure(dead_letter_stream(service), f"dead.{service}.>", _DEAD_LETTER_DAYS * _DAY, settings)


def _configure(name: str, subject: str, max_age: float, settings: OwnerSettings) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=[subject],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=max_age,
        max_bytes=settings.max_bytes,
        num_replicas=settings.replicas,
        duplicate_window=_DUPLICATE_WINDOW,
        allow_direct=True,
    )


async def ensure_stream(client: Client, config: StreamConfig) -> None:
    """Create a stream, or bring it to this configuration. Raises NatsError, with the server's reason."""
    # The client's configuration class does not know atomic publish yet; the server does since 2.12.
    body = json.dumps({**config.as_dict(), "allow_atomic": True}).encode()
    answer: dict[str, Any] = {}
    for verb in ("CREATE", "UPDATE"):  # CREATE is refused when it exists with another configuration
        answer = await _call(client, f"STREAM.{verb}.{config.name}", body)
        if "error" not in answer:
            return
    raise NatsError(f"stream {config.name}: {answer['error'].get('description')}")


async def ensure_durable(client: Client, durable: Durable) -> None:
    """Create a durable consumer, or bring it to this configuration; what it has read is kept."""
    config = ConsumerConfig(
        durable_name=durable.name,
        filter_subjects=list(durable.subjects),
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        ack_wait=ACK_WAIT,
        max_ack_pending=MAX_PENDING,
        max_deliver=-1,
        num_replicas=0,  # as many as its stream
    )
    body = json.dumps({"stream_name": durable.stream, "config": config.as_dict()}).encode()
    answer = await _call(client, f"CONSUMER.CREATE.{durable.stream}.{durable.name}", body)
    if "error" in answer:
        raise NatsError(f"consumer {durable.name}: {answer['error'].get('description')}")


async def _ensure_council_consumers(
    client: Client, stream: str, consumers: Sequence[CouncilConsumer]
) -> None:
    for consumer in consumers:
        await ensure_durable(client, Durable(consumer.durable, consumer.durable, stream, (consumer.subject,)))
    listed = {consumer.durable for consumer in consumers}
    for name in await list_durables(client, stream):
        if name.startswith("council_") and name not in listed:
            await _call(client, f"CONSUMER.DELETE.{stream}.{name}", b"")
            log.info("deleted the consumer %s of %s: it is listed no more", name, stream)


async def list_durables(client: Client, stream: str) -> list[str]:
    """List the names of a stream's durable consumers."""
    names: list[str] = []
    while True:
        body = json.dumps({"offset": len(names)}).encode()
        answer = await _call(client, f"CONSUMER.NAMES.{stream}", body)
        page = answer.get("consumers") or []
        names += page
        if not page or len(names) >= answer.get("total", 0):
            return names


async def _call(client: Client, verb: str, body: bytes) -> dict[str, Any]:
    """Call JetStream's API. A server that starts, or reads its configuration again, has none for a moment."""
    for _ in range(_TRIES - 1):
        try:
            return await _call_once(client, verb, body)
        except NoRespondersError:
            await asyncio.sleep(_TRY_INTERVAL)
    return await _call_once(client, verb, body)


async def _call_once(client: Client, verb: str, body: bytes) -> dict[str, Any]:
    reply = await client.request(f"$JS.API.{verb}", body, timeout=5)
    answer: dict[str, Any] = json.loads(reply.data)
    return answer
