"""The relay: takes what lies in the outbox to NATS.

It reads only rows of transactions that no running one can precede (``txid`` below the snapshot's
xmin), so the order is that of commits. One relay works per service at a time (advisory lock), others wait.
NOTIFY is a hint, polling the guarantee.

A batch is one atomic publish (NATS ADR-50): all of it stands in the stream, in order, or none does. A crash
between publish and delete publishes again with the same ``Nats-Msg-Id``: the stream drops it within its
window, the consumers' inbox after that.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import asyncpg
from nats.aio.client import Client

from chassis import streams

log = logging.getLogger(__name__)

_BATCH = 1_000  # also the most that NATS takes in one atomic publish
_POLL = 0.5  # seconds between looks when no hint comes
_ACK_WAIT = 10.0  # seconds for the acknowledgement of a batch
_ONE_RELAY = 7_420_002  # advisory lock key
_READ = """SELECT id, event_id, nats_subject, envelope FROM outbox
    WHERE txid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY id LIMIT $1"""
_DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"


async def relay(connection: asyncpg.Connection, client: Client) -> None:
    """Publish the service's outbox for ever. Raises when the database or NATS is lost; call it again."""
    hint = asyncio.Event()
    await connection.execute("SELECT pg_advisory_lock($1)", _ONE_RELAY)
    await connection.add_listener("townhall_outbox", lambda *_: hint.set())
    while True:
        hint.clear()
        if await drain(connection, client) < _BATCH:
            try:
                async with asyncio.timeout(_POLL):
                    await hint.wait()
            except TimeoutError:
                continue


async def drain(connection: asyncpg.Connection, client: Client) -> int:
    """Publish one batch and delete it when NATS has acknowledged it. Answers the size of the batch."""
    rows = await connection.fetch(_READ, _BATCH)
    if not rows:
        return 0
    refusal = await _publish_together(client, rows) if len(rows) > 1 else "one event needs no batch"
    if not refusal:
        await connection.execute(_DELETE, [row["id"] for row in rows])
        return len(rows)
    # Most often some were published before a crash: alone, each is acknowledged as the duplicate it is.
    log.info("publishing %d events one by one: %s", len(rows), refusal)
    for row in rows:
        await streams.jetstream(client).publish(
            row["nats_subject"], row["envelope"].encode(), headers={"Nats-Msg-Id": row["event_id"].hex}
        )
        await connection.execute(_DELETE, [row["id"]])
    return len(rows)


async def _publish_together(client: Client, rows: Sequence[asyncpg.Record]) -> str:
    """One atomic publish of all; empty when it stands, else why it was refused as a whole."""
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
    said: dict[str, Any] = json.loads(answer.data)
    return str(said["error"].get("description", said["error"])) if "error" in said else ""


def _headers(row: asyncpg.Record, batch: str, number: int) -> dict[str, str]:
    return {
        "Nats-Msg-Id": row["event_id"].hex,
        "Nats-Batch-Id": batch,
        "Nats-Batch-Sequence": str(number),
    }
