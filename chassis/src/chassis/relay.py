"""The relay publishes the events in the outbox to NATS, in the order of each aggregate's changes.

A change locks its aggregate's row before its event draws an ``id``, so the events of an aggregate become
visible in the order of their ids, and the relay reads whatever is visible by id. It waits for no transaction.
Two lanes: small changes, and the bulk of loads, whose batches alternate. An event whose aggregate has an
earlier one in the other lane waits for that one.

One relay at a time publishes for a service: the holder of an advisory lock, which the others try every
second (one that waited inside PostgreSQL would keep VACUUM from removing rows). A relay that lost the lock
without noticing is refused by NATS: each publish names the sequence of the stream's last message.

A batch is one atomic publish (NATS ADR-50): the stream takes all of it, in order, or nothing. After a crash
between publish and delete the next relay publishes again with the same ``Nats-Msg-Id``. The stream drops such
a duplicate within its window, and the consumers' inbox after that.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
from nats.aio.client import Client
from nats.errors import Error as NatsError

from chassis import heartbeats, relay_metrics
from chassis.database import Database, lock_session

log = logging.getLogger(__name__)

_PAGES = 10  # read in search of an event that may go, before the other lane has its turn
_POLL = 0.5  # seconds between reads without a notification
_STATEMENT_TIMEOUT = 5.0  # seconds after which a server that does not answer is given up
_ACK_WAIT = 10.0  # seconds for the acknowledgement of a batch
_ATTEMPTS = 5  # to publish where others publish to the stream, which nobody should
_RELAY_LOCK = 7_420_002  # key of the advisory lock
_WRONG_LAST_SEQUENCE = 10071  # NATS: the stream's last message is another one

# A queue has no good statistics: its indexes are always the right way to read it.
_PLANNER = {"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off"}
_READ = """SELECT id, ordering_key, event_id, nats_subject, envelope,
        (SELECT min(id) FROM outbox WHERE bulk = NOT $1::boolean) AS first_of_other_lane
    FROM outbox WHERE bulk = $1 AND id > $2 ORDER BY id LIMIT $3"""
_FIRST_IN_OTHER_LANE = """SELECT ordering_key, min(id) AS id FROM outbox
    WHERE bulk = NOT $1::boolean AND ordering_key = ANY($2::text[]) GROUP BY ordering_key"""
_DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"


class Lane(NamedTuple):
    """Events that are read apart from others, and how many at once (NATS takes 1,000 in a batch)."""

    bulk: bool
    batch: int


_SMALL = Lane(bulk=False, batch=1_000)
_BULK = Lane(bulk=True, batch=1_000)
_BULK_AMONG_SMALL = Lane(bulk=True, batch=250)  # as small changes wait for the end of such a batch


async def connect(database: Database) -> asyncpg.Connection:
    """Open a connection for a relay: it reads by index, and notices a server that has vanished."""
    return await database.listen(command_timeout=_STATEMENT_TIMEOUT, **_PLANNER)


class Relay:
    """Publishes the outbox of one service."""

    def __init__(self, connection: asyncpg.Connection, client: Client) -> None:
        self._connection = connection
        self._client = client
        self._last_sequence = 0  # of the stream, as NATS last told

    async def run(self) -> None:
        """Publish for ever, once the lock is free. Raises when the database or NATS is lost."""
        await lock_session(self._connection, _RELAY_LOCK)
        notified = asyncio.Event()
        await self._connection.add_listener("townhall_outbox", lambda *_: notified.set())
        while True:
            heartbeats.beat()
            notified.clear()
            if await self.drain():
                continue
            try:
                async with asyncio.timeout(_POLL):
                    await notified.wait()
            except TimeoutError:
                continue

    async def drain(self) -> int:
        """Publish a batch of each lane and return the number of events; 0 when there is none."""
        small = await self._drain_lane(_SMALL)
        return small + await self._drain_lane(_BULK_AMONG_SMALL if small else _BULK)

    async def _drain_lane(self, lane: Lane) -> int:
        """Publish a batch, delete it when NATS has acknowledged it, and return its size."""
        for _ in range(_ATTEMPTS):
            # That the connection answers shows that the lock is still held.
            rows = await self._read(lane)
            if not rows:
                return 0
            if await self._publish(rows):
                await self._connection.execute(_DELETE, [row["id"] for row in rows])
                relay_metrics.count_published(len(rows))
                return len(rows)
        raise NatsError("another publishes to this service's stream all the time")

    async def _read(self, lane: Lane) -> Sequence[asyncpg.Record]:
        """Read the first events of a lane that have no earlier one of their aggregate in the other lane."""
        after = 0
        for _ in range(_PAGES):
            rows = await self._connection.fetch(_READ, lane.bulk, after, lane.batch)
            ready = await self._select_ready(rows, lane)
            if ready or len(rows) < lane.batch:
                return ready
            after = rows[-1]["id"]
        return []

    async def _select_ready(self, rows: Sequence[asyncpg.Record], lane: Lane) -> Sequence[asyncpg.Record]:
        if not rows or (rows[0]["first_of_other_lane"] or rows[-1]["id"]) >= rows[-1]["id"]:
            return rows  # the other lane has nothing earlier
        keys = list({row["ordering_key"] for row in rows})
        others = await self._connection.fetch(_FIRST_IN_OTHER_LANE, lane.bulk, keys)
        first = {other["ordering_key"]: other["id"] for other in others}
        return [row for row in rows if first.get(row["ordering_key"], row["id"]) >= row["id"]]

    async def _publish(self, rows: Sequence[asyncpg.Record]) -> bool:
        """Publish rows in their order. False: the stream's last message is not the one this relay knew."""
        if len(rows) > 1:
            error = await self._publish_batch(rows)
            if not error or error["err_code"] == _WRONG_LAST_SEQUENCE:
                return not error
            # Most often some were published before a crash: alone, each is acknowledged as a duplicate.
            log.info("publishing %d events one by one: %s", len(rows), error)
        for row in rows:
            error = await self._request(row, self._fence())
            if error and error["err_code"] == _WRONG_LAST_SEQUENCE:
                return False
            if error:
                raise NatsError(f"{row['nats_subject']} was refused: {error}")
        return True

    async def _publish_batch(self, rows: Sequence[asyncpg.Record]) -> dict[str, Any]:
        """Publish rows atomically. Returns nothing, or the error with which NATS refused them all."""
        batch = {"Nats-Batch-Id": uuid4().hex}
        fence = self._fence()
        for number, row in enumerate(rows[:-1], start=1):
            headers = {**batch, "Nats-Batch-Sequence": str(number), **fence}
            await self._client.publish(row["nats_subject"], **_message(row, headers))
            fence = {}
        commit = {**batch, "Nats-Batch-Sequence": str(len(rows)), "Nats-Batch-Commit": "1"}
        return await self._request(rows[-1], commit)

    async def _request(self, row: asyncpg.Record, headers: dict[str, str]) -> dict[str, Any]:
        """Publish a row and await the answer. Returns nothing, or the error with which NATS refused it."""
        message = _message(row, headers)
        answer = json.loads(
            (await self._client.request(row["nats_subject"], timeout=_ACK_WAIT, **message)).data
        )
        error: dict[str, Any] = answer.get("error", {})
        if error.get("err_code") == _WRONG_LAST_SEQUENCE:
            self._last_sequence = int(error["description"].rpartition(" ")[2])
        elif not error and not answer.get("duplicate"):
            self._last_sequence = answer["seq"]
        return error

    def _fence(self) -> dict[str, str]:
        return {"Nats-Expected-Last-Sequence": str(self._last_sequence)}


def _message(row: asyncpg.Record, headers: dict[str, str]) -> dict[str, Any]:
    return {"payload": row["envelope"].encode(), "headers": {"Nats-Msg-Id": row["event_id"].hex, **headers}}
