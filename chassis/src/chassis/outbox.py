"""The transactional outbox: an event is a row in its cause's transaction; ``chassis.relay`` publishes it.

This is the only module that writes the outbox: one event, many, or one for each row of a query. Call it after
the aggregate's row is written: its lock then keeps the next change waiting until this one's events are
committed, which is all that holds the events of an aggregate in the order of its changes. ``sequence`` is the
version that write gave the row. (``chassis.testing.event_order`` holds every test to it.)

Loads and other writers of thousands say ``bulk``: their events travel in a lane of their own, and those of
small changes do not wait behind them. A route never does.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, insert, text

from chassis import clock, ids, tables
from chassis.database import ReadSession, Session
from chassis.events import SUBJECT_PREFIX, EventData, wrap

_INSERT = insert(tables.outbox).inline()  # nobody needs the rows' ids
_MAX_COUNTED = 10_000
_BACKLOG = text(f"""
    SELECT lane.bulk, (SELECT count(*) FROM (
            SELECT FROM outbox o WHERE o.bulk = lane.bulk LIMIT {_MAX_COUNTED}) AS counted),
        coalesce((SELECT extract(epoch FROM clock_timestamp() - o.created_at)
            FROM outbox o WHERE o.bulk = lane.bulk ORDER BY o.id LIMIT 1), 0)::float
    FROM (VALUES (false), (true)) AS lane (bulk)""")  # noqa: S608
# Characters of an envelope. NATS takes a million bytes, and an event that is too large holds up all others.
_MAX_LENGTH = 500_000
_BATCH = 500  # events written at once; other requests have their turn in between
_COUNTER_DIGITS = 9  # hexadecimal digits of an id that count the rows of a query: 36 bits


class Event(NamedTuple):
    """An event to publish: ``subject`` is the aggregate's id, ``sequence`` its version."""

    data: EventData
    subject: str
    sequence: int


async def add(session: Session, data: EventData, *, council: str, subject: str, sequence: int) -> None:
    """Publish an event when this transaction commits. Raises ValueError for one over 500,000 characters."""
    await session.execute(_INSERT, _row(Event(data, subject, sequence), council))


async def add_all(
    session: Session, events: Iterable[Event], *, council: str, bulk: bool = False, snapshot: bool = False
) -> None:
    """Publish many events when this transaction commits, in this order, with a statement for each 500."""
    rows: list[dict[str, Any]] = []
    for event in events:
        rows.append({**_row(event, council, snapshot=snapshot), "bulk": bulk})
        if len(rows) == _BATCH:
            await session.execute(_INSERT, rows)
            rows = []
            await asyncio.sleep(0)
    if rows:
        await session.execute(_INSERT, rows)


def from_rows(aggregate: str, *, subject: str, members: str, rows: str, snapshot: bool = False) -> TextClause:
    """Make the statement that writes an event of an aggregate (``address.property``) for each row of a query.

    ``snapshot``: the rows are present state told again, see ``chassis.resync``.

    ``rows`` is a SELECT of ``n`` (counts from 0, gives the order), ``kind`` (the event's word: ``created``),
    ``council``, ``version``, and what ``subject`` and ``members`` need. ``subject`` is SQL of the aggregate's
    id, ``members`` SQL of the payload's JSON between its braces, as concat() takes it: a null part is left
    out. The text is made of the caller's own words, never of input. Execute it with ``add_from_rows``.
    """
    capability = aggregate.partition(".")[0]
    mark = r',"snapshot"\:true' if snapshot else ""
    return text(f"""
    INSERT INTO outbox (council, ordering_key, bulk, event_id, nats_subject, envelope)
    SELECT council, concat('{aggregate}.', subject), :bulk,
        (:id_hex || lpad(to_hex(n), {_COUNTER_DIGITS}, '0'))::uuid,
        concat('{SUBJECT_PREFIX}.', council, '.{aggregate}.', kind),
        CASE WHEN length(envelope) > {_MAX_LENGTH}  -- no integer: the error names the event
            THEN concat('event of ', council, ' over {_MAX_LENGTH} characters: {aggregate} ', n)
                ::integer::text
            ELSE envelope END
    FROM (SELECT council, n, kind, ({subject})::text AS subject, concat(
        '{{"specversion":"1.0","id":"', CAST(:id_text AS text), {_ID_DIGITS},
        '","source":"urn:townhall:{capability}","type":"{aggregate}.', kind,
        '.v1","subject":', to_json(({subject})::text), ',"time":"', CAST(:time AS text),
        '","datacontenttype":"application/json","council":"', council,
        '","sequence":', version, '{mark},"data":{{', {members}, '}}}}') AS envelope
        FROM ({rows}) AS touched) AS events
    ORDER BY n""")  # noqa: S608


async def add_from_rows(
    session: Session, statement: TextClause, *, council: str, bulk: bool = False, **params: Any
) -> int:
    """Publish an event for each row of a ``from_rows`` statement, whose ``:council`` is this one; count them.

    Raises DBAPIError for one over 500,000 characters.
    """
    base = ids.new().hex[:-_COUNTER_DIGITS]
    now = clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    first_id = ids.show(UUID(hex=base + "0" * _COUNTER_DIGITS))
    id_text = first_id[:-_COUNTER_CHARACTERS]
    envelope = {"id_hex": base, "id_text": id_text, "time": now}
    return await session.execute(statement, {**params, **envelope, "council": council, "bulk": bulk})


class Backlog(NamedTuple):
    """Events that wait in a lane. ``age`` is of the oldest, in seconds since its transaction began."""

    bulk: bool
    length: int
    age: float


async def read_backlog(session: ReadSession) -> list[Backlog]:
    """Read what waits in each lane. No more than 10,000 events are counted: a longer lane is 10,000 long."""
    return [Backlog._make(row) for row in await session.all(_BACKLOG)]


def _row(event: Event, council: str, *, snapshot: bool = False) -> dict[str, Any]:
    data, subject, sequence = event
    source = f"urn:townhall:{data.capability()}"
    envelope = wrap(
        data, source=source, council=council, subject=subject, sequence=sequence, snapshot=snapshot
    )
    body = envelope.model_dump_json(exclude_none=True)
    if len(body) > _MAX_LENGTH:
        raise ValueError(f"{data.event_type} is {len(body)} characters; an event is thin")
    return {
        "council": council,
        "ordering_key": f"{data.aggregate()}.{subject}",
        "event_id": envelope.id,
        "nats_subject": data.nats_subject(council),
        "envelope": body,
    }


def _digit(shift: int) -> str:
    """Write SQL of one character of an id as ``ids.show`` does, of the number n."""
    return f"substr('{ids.ALPHABET}', (n >> {shift} & 31)::integer + 1, 1)"


_COUNTER_CHARACTERS = 7  # characters of an id that these digits become outside
_ID_DIGITS = ", ".join(_digit(shift) for shift in range(30, -1, -5))
