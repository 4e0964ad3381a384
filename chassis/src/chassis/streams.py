"""NATS JetStream: the connection, the streams (a capability's, a service's dead letters) and consumers."""

import asyncio
import json
import logging
from collections.abc import Iterable
from typing import Any

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StorageType, StreamConfig

from chassis.events import SUBJECT_PREFIX

log = logging.getLogger(__name__)

_API_TIMEOUT = 5  # seconds
_DAY = 86_400  # seconds
_DUPLICATE_WINDOW = 120  # seconds in which the server itself drops a repeated Nats-Msg-Id
# Identity's events say which councils there are: a service installed years later must still learn them.
_CAPABILITIES_KEPT_FOR_EVER = {"identity"}


async def connect(url: str, name: str) -> Client:
    """Connect and stay connected: waits for the server at first, reconnects for ever after."""

    async def on_error(error: Exception) -> None:
        # A publish refused for want of permission shows only here; the publisher sees a timeout.
        log.warning("nats: %r", error)

    while True:
        try:
            return await nats.connect(
                url,
                name=name,
                error_cb=on_error,
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.5,
                connect_timeout=3,
                ping_interval=20,
                max_outstanding_pings=2,
            )
        except (NatsError, OSError) as error:
            log.warning("nats at %s cannot be reached (%r); trying again", url, error)
            await asyncio.sleep(0.5)


def jetstream(client: Client) -> JetStreamContext:
    """Return the connection's JetStream API, with 5 seconds for each request."""
    return client.jetstream(timeout=_API_TIMEOUT)


def stream_name(capability: str) -> str:
    """Return the name of the capability's stream."""
    return capability.upper()


async def ensure(client: Client, capability: str) -> None:
    """Create the capability's stream, or bring it to today's configuration."""
    max_age = 0 if capability in _CAPABILITIES_KEPT_FOR_EVER else 30 * _DAY
    await _ensure_stream(client, stream_name(capability), f"{SUBJECT_PREFIX}.*.{capability}.>", max_age)


def dead_letter_stream(service: str) -> str:
    """Return the name of the stream of a service's dead letters."""
    return f"DEAD_{service.upper()}"


def durable_name(service: str, consumer: str) -> str:
    """Return the name of the durable of a service's consumer."""
    return f"{service}-{consumer}"


async def ensure_dead_letters(client: Client, service: str, consumers: Iterable[str]) -> None:
    """Create the stream of a service's dead letters, and a durable for each consumer that counts its letters.

    Nobody reads through these durables: their ``num_pending`` is the number of letters that lie there. A
    worker may ask for that, while it may not read the stream.
    """
    stream = dead_letter_stream(service)
    await _ensure_stream(client, stream, f"dead.{service}.>", 365 * _DAY)
    for consumer in consumers:
        config = ConsumerConfig(
            durable_name=durable_name(service, consumer),
            filter_subjects=[f"dead.{service}.{consumer}.letter.*"],
            ack_policy=AckPolicy.EXPLICIT,
        )
        await ensure_consumer(client, stream, config)


async def ensure_consumer(client: Client, stream: str, config: ConsumerConfig) -> None:
    """Create a durable consumer, or bring it to today's configuration."""
    await jetstream(client).add_consumer(stream, config)


async def consumer_info(client: Client, stream: str, durable: str) -> dict[str, Any]:
    """Read the state of a durable consumer (NATS: ConsumerInfo). Raises nats.errors.Error."""
    return await _request_consumer(client, "INFO", stream, durable)


async def reset_consumer(client: Client, stream: str, durable: str) -> None:
    """Let a durable deliver again, at once and in order, all that was not acknowledged.

    Its deliveries are numbered from 1 again. Raises nats.errors.Error.
    """
    await _request_consumer(client, "RESET", stream, durable)


async def _request_consumer(client: Client, verb: str, stream: str, durable: str) -> dict[str, Any]:
    subject = f"$JS.API.CONSUMER.{verb}.{stream}.{durable}"
    answer: dict[str, Any] = json.loads((await client.request(subject, b"", timeout=_API_TIMEOUT)).data)
    if error := answer.get("error"):
        raise NatsError(f"{verb} of consumer {durable} of {stream}: {error.get('description', error)}")
    return answer


async def _ensure_stream(client: Client, name: str, subject: str, max_age: float) -> None:
    config = StreamConfig(
        name=name,
        subjects=[subject],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=max_age,
        duplicate_window=_DUPLICATE_WINDOW,
        allow_direct=True,
    )
    while True:
        try:
            await _create_or_update(client, config)
        except (NatsError, TimeoutError) as error:
            log.warning("stream %s not ready (%s); trying again", name, error)
            await asyncio.sleep(0.5)
        else:
            return


async def _create_or_update(client: Client, config: StreamConfig) -> None:
    # The client's configuration class does not know atomic publish yet; the server does since 2.12.
    body = json.dumps({**config.as_dict(), "allow_atomic": True}).encode()
    for verb in ("CREATE", "UPDATE"):  # CREATE is refused when it exists with another configuration
        answer = await client.request(f"$JS.API.STREAM.{verb}.{config.name}", body, timeout=5)
        error = json.loads(answer.data).get("error")
        if not error:
            return
    raise NatsError(str(error))
