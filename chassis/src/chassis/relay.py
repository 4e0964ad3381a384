"""The relay publishes the events in the outbox to NATS.

It reads only rows of transactions that no running one can precede (``txid`` below the snapshot's xmin), so
events leave in the order of commits. A service has one relay at a time (advisory lock); others wait. NOTIFY
only makes it faster: it also polls.

A batch is one atomic publish (NATS ADR-50): the stream takes all of it, in order, or nothing. After a crash
between publish and delete the relay publishes again with the same ``Nats-Msg-Id``. The stream drops such a
duplicate within its window, and the consumers' inbox after that.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import asyncpg
from nats.aio.client import Client

from chassis.broker.connection import jetstream

log = logging.getLogger(__name__)

_BATCH = 1_000  # also the most that NATS takes in one atomic publish
_POLL = 0.5  # seconds between reads without a notification
_ACK_WAIT = 10.0  # seconds for the acknowledgement of a batch
_RELAY_LOCK = 7_420_002  # key of the advisory lock
_READ = """SELECT id, event_id, nats_subject, envelope FROM outbox
    WHERE txid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY id LIMIT $1"""
_DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"


async def relay(connection: asyncpg.Connection, client: Client) -> None:
    """Publish the service's outbox for ever. Raises when the database or NATS is lost; call it again."""
    notified = asyncio.Event()
    await connection.execute("SELECT pg_advisory_lock($1)", _RELAY_LOCK)
    await connection.add_listener("townhall_outbox", lambda *_: notified.set())
    while True:
        notified.clear()
        if await drain(connection, client) < _BATCH:
            try:
                async with asyncio.timeout(_POLL):
                    await notified.wait()
            except TimeoutError:
                continue


async def drain(connection: asyncpg.Connection, client: Client) -> int:
    """Publish a batch, delete it when NATS has acknowledged it, and return its size."""
    rows = await connection.fetch(_READ, _BATCH)
    if not rows:
        return 0
    refusal = await _publish_batch(client, rows) if len(rows) > 1 else "one event needs no batch"
    if not refusal:
        await connection.execute(_DELETE, [row["id"] for row in rows])
        return len(rows)
    # Most often some were published before a crash: alone, each is acknowledged as a duplicate.
    log.info("publishing %d events one by one: %s", len(rows), refusal)
    for row in rows:
        await jetstream(client).publish(
            row["nats_subject"], row["envelope"].encode(), headers={"Nats-Msg-Id": row["event_id"].hex}
        )
        await connection.execute(_DELETE, [row["id"]])
    return len(rows)


async def _publish_batch(client: Client, rows: Sequence[asyncpg.Record]) -> str:
    """Publish rows atomically. Returns an empty string, or why NATS refused them all."""
    batch = uuid4().hex
    for number, row in enumerate(rows[:-1], start=1):
        await client.publish(
            row["nats_subject"], row["envelope"].encode(), headers=_headers(row, batch, number)
        )
    last = rows[-1]
    commit = {**_headers(last, batch, len(rows)), "Nats-Batch-Commit": "1"}
    answer = await client.request(
        last["nats_subject"], last["envelope"].encode(), timeout=_ACK_WAIT, headers=commit
    )
    error: Any = json.loads(answer.data).get("error")
    return str(error.get("description", error)) if error else ""


def _headers(row: asyncpg.Record, batch: str, number: int) -> dict[str, str]:
    return {
        "Nats-Msg-Id": row["event_id"].hex,
        "Nats-Batch-Id": batch,
        "Nats-Batch-Sequence": str(number),
    }
