"""The transactional outbox: an event is a row in the transaction of its cause; a relay takes it to NATS.

The relay reads only rows of transactions that no running one can precede (``txid`` below the snapshot's
xmin), so the order is that of commits. One relay works per service at a time (advisory lock), others wait.
NOTIFY is a hint, polling the guarantee. A crash between publish and delete publishes again with the same
``Nats-Msg-Id``: the stream drops it within its window, the consumers' inbox after that.
"""

import asyncio
import logging
from collections.abc import Sequence

import asyncpg
from nats.js import JetStreamContext
from sqlalchemy import insert

from chassis import ids, tables
from chassis.database import Session
from chassis.events import EventData, wrap

log = logging.getLogger(__name__)

_INSERT = insert(tables.outbox)
_BATCH = 1_000
_POLL = 0.5  # seconds between looks when no hint comes
_ACK_WAIT = 10.0  # seconds for a batch of acknowledgements
_ONE_RELAY = 7_420_002  # advisory lock key
_READ = """SELECT id, event_id, aggregate, nats_subject, envelope FROM outbox
    WHERE txid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY id LIMIT $1"""
_DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"


async def add(session: Session, data: EventData, *, council: str, subject: str, sequence: int) -> None:
    """Publish an event when this transaction commits.

    ``subject`` is the aggregate's id, ``sequence`` its version: call it after the aggregate's row is
    written, so that events of one aggregate stand in the order of its changes.
    """
    source = f"urn:townhall:{data.capability()}"
    envelope = wrap(data, source=source, council=council, subject=subject, sequence=sequence)
    await session.execute(
        _INSERT,
        {
            "council": council,
            "event_id": envelope.id,
            "aggregate": f"{council}/{subject}",
            "nats_subject": data.nats_subject(council),
            "envelope": envelope.model_dump_json(exclude_none=True),
        },
    )


async def relay(connection: asyncpg.Connection, js: JetStreamContext) -> None:
    """Publish the service's outbox for ever. Raises when the database or NATS is lost; call it again."""
    hint = asyncio.Event()
    await connection.execute("SELECT pg_advisory_lock($1)", _ONE_RELAY)
    await connection.add_listener("townhall_outbox", lambda *_: hint.set())
    while True:
        hint.clear()
        if await drain(connection, js) < _BATCH:
            try:
                async with asyncio.timeout(_POLL):
                    await hint.wait()
            except TimeoutError:
                continue


async def drain(connection: asyncpg.Connection, js: JetStreamContext) -> int:
    """Publish one batch and delete what NATS has acknowledged. Answers the size of the batch."""
    rows = await connection.fetch(_READ, _BATCH)
    for wave in waves(rows):
        acknowledged, failure = await _publish(js, wave)
        if acknowledged:
            await connection.execute(_DELETE, acknowledged)
        if failure is not None:
            raise failure
    return len(rows)


def waves(rows: Sequence[asyncpg.Record]) -> list[list[asyncpg.Record]]:
    """Split a batch so that no aggregate occurs twice in a wave: a failed publish is never overtaken."""
    split: list[list[asyncpg.Record]] = []
    seen: dict[str, int] = {}
    for row in rows:
        wave = seen.get(row["aggregate"], -1) + 1
        seen[row["aggregate"]] = wave
        if wave == len(split):
            split.append([])
        split[wave].append(row)
    return split


async def _publish(
    js: JetStreamContext, rows: Sequence[asyncpg.Record]
) -> tuple[list[int], BaseException | None]:
    """Publish all at once; the ids acknowledged, and the first failure if there was one."""
    sent = [
        await js.publish_async(
            row["nats_subject"], row["envelope"].encode(), headers={"Nats-Msg-Id": ids.show(row["event_id"])}
        )
        for row in rows
    ]
    done, late = await asyncio.wait(sent, timeout=_ACK_WAIT)
    for future in late:
        future.cancel()
    failures = [error for future in done if (error := future.exception()) is not None]
    acknowledged = [
        row["id"] for row, future in zip(rows, sent, strict=True) if future in done and not future.exception()
    ]
    if late and not failures:
        failures.append(TimeoutError(f"{len(late)} of {len(rows)} events were not acknowledged by NATS"))
    return acknowledged, failures[0] if failures else None
