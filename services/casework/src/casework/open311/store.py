"""SQL statements of what came by Open311."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text, update

from casework.open311.tables import open311_message, open311_report, open311_update
from chassis.database import ReadSession, Session

_R, _U, _M = open311_report.c, open311_update.c, open311_message.c
_OF_MODE = (_R.council == bindparam("council")) & (_R.mode == bindparam("mode"))
_LOCK_SENDER_ID = text(
    "SELECT pg_advisory_xact_lock(7420615, hashtext(:kind || ' ' || :client || ' ' || :id))"
)
_FIND_SENT = select(open311_report).where(
    _OF_MODE, _R.client == bindparam("client"), _R.sender_id == bindparam("sender_id")
)
_LOCK_REPORT = (
    select(open311_report)
    .where(_R.council == bindparam("council"), _R.case_id == bindparam("case_id"))
    .with_for_update()
)
_LIST_BY_REFERENCE = (
    select(open311_report)
    .where(_OF_MODE, _R.reference.in_(bindparam("references", expanding=True)))
    .order_by(_R.requested_at.desc(), _R.case_id.desc())
)
_UPDATE_REPORT = (
    update(open311_report)
    .where(_R.council == bindparam("council_"), _R.case_id == bindparam("case_"))
    .values(
        {
            name: bindparam(f"p_{name}", type_=_R[name].type)
            for name in ("state", "status", "is_open", "notes", "updated_at", "expected_at")
        }
    )
)
_LIST_UPDATES = (
    select(open311_update, _R.reference)
    .join(open311_report, (_R.council == _U.council) & (_R.case_id == _U.case_id))
    .where(
        _U.council == bindparam("council"),
        _U.mode == bindparam("mode"),
        _U.updated_at >= bindparam("start"),
        _U.updated_at <= bindparam("end"),
        _R.client == bindparam("client"),
    )
    .order_by(_U.updated_at)
    .limit(bindparam("most"))
)
_FIND_MESSAGE = select(_M.id).where(
    _M.council == bindparam("council"),
    _M.mode == bindparam("mode"),
    _M.client == bindparam("client"),
    _M.sender_id == bindparam("sender_id"),
)
_STAMP = text("""INSERT INTO open311_horizon AS h (council, mode, reached_at) VALUES (:council, :mode, :now)
    ON CONFLICT (council, mode) DO UPDATE
        SET reached_at = greatest(excluded.reached_at, h.reached_at + interval '1 microsecond')
    RETURNING reached_at""")
_REACH = text("""INSERT INTO open311_horizon AS h (council, mode, reached_at) VALUES (:council, :mode, :until)
    ON CONFLICT (council, mode) DO UPDATE SET reached_at = greatest(excluded.reached_at, h.reached_at)
    RETURNING reached_at""")


@dataclass(frozen=True, slots=True)
class Window:
    """Which reports a list shows, by when they were made and when they changed."""

    start: datetime
    end: datetime
    updated_after: datetime | None
    updated_before: datetime | None


async def lock_sender_id(session: Session, kind: str, client: str, sender_id: str) -> None:
    """Lock a sender's own id until the transaction ends: the next to send it then finds the first."""
    await session.execute(_LOCK_SENDER_ID, {"kind": kind, "client": client, "id": sender_id})


async def find_sent(
    session: ReadSession, council: str, mode: str, client: str, sender_id: str
) -> Row[Any] | None:
    """Find a report by its sender's own id."""
    return await session.first(
        _FIND_SENT, {"council": council, "mode": mode, "client": client, "sender_id": sender_id}
    )


async def insert_report(session: Session, row: Mapping[str, Any]) -> None:
    """Write a new report."""
    await session.execute(insert(open311_report), row)


async def lock_report(session: Session, council: str, case_id: UUID) -> Row[Any] | None:
    """Lock the report that opened a case, of either mode; None if the case came another way."""
    return await session.first(_LOCK_REPORT, {"council": council, "case_id": case_id})


async def update_report(session: Session, council: str, case_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what became of a locked report."""
    params = {f"p_{name}": value for name, value in values.items()}
    await session.execute(_UPDATE_REPORT, {"council_": council, "case_": case_id, **params})


async def list_by_reference(
    session: ReadSession, council: str, mode: str, references: Sequence[str]
) -> Sequence[Row[Any]]:
    """List reports by their references, private ones too."""
    params = {"council": council, "mode": mode, "references": list(references)}
    return await session.all(_LIST_BY_REFERENCE, params)


async def list_public(
    session: ReadSession,
    council: str,
    mode: str,
    window: Window,
    equal: Mapping[str, Sequence[Any]],
    page: tuple[int, int],
) -> Sequence[Row[Any]]:
    """List reports that are not private, the newest first.

    ``equal``: column -> values. ``page``: how many to skip, and the most to list.
    """
    statement = select(open311_report).where(_R.council == council, _R.mode == mode, ~_R.private)
    statement = statement.where(_R.requested_at >= window.start, _R.requested_at <= window.end)
    for name, values in equal.items():
        statement = statement.where(_R[name].in_(values))
    if window.updated_after is not None:
        statement = statement.where(_R.updated_at >= window.updated_after)
    if window.updated_before is not None:
        statement = statement.where(_R.updated_at <= window.updated_before)
    skip, most = page
    statement = statement.order_by(_R.requested_at.desc(), _R.case_id.desc())
    return await session.all(statement.offset(skip).limit(most))


async def insert_update(session: Session, row: Mapping[str, Any]) -> None:
    """Write an update for senders to read."""
    await session.execute(insert(open311_update), row)


async def list_updates(
    session: ReadSession, council: str, mode: str, client: str, start: datetime, end: datetime, most: int
) -> Sequence[Row[Any]]:
    """List the updates in a window of the reports that a client sent, the earliest first."""
    params = {"council": council, "mode": mode, "client": client, "start": start, "end": end, "most": most}
    return await session.all(_LIST_UPDATES, params)


async def find_message(
    session: ReadSession, council: str, mode: str, client: str, sender_id: str
) -> UUID | None:
    """Find an update that a sender sent, by their id of it."""
    params = {"council": council, "mode": mode, "client": client, "sender_id": sender_id}
    message: UUID | None = await session.scalar(_FIND_MESSAGE, params)
    return message


async def insert_message(session: Session, row: Mapping[str, Any]) -> None:
    """Note that a sender's update was taken."""
    await session.execute(insert(open311_message), row)


async def take_stamp(session: Session, council: str, mode: str, now: datetime) -> datetime:
    """Take the stamp of an update: later than every other, and than every window that was answered.

    The row stays locked until the transaction ends, so that stamps are in the order of commits.
    """
    stamp: datetime = await session.scalar(_STAMP, {"council": council, "mode": mode, "now": now})
    return stamp


async def reach(session: Session, council: str, mode: str, until: datetime) -> datetime:
    """Let no later stamp lie up to a moment; return up to which moment none will. Waits for who stamps."""
    reached: datetime = await session.scalar(_REACH, {"council": council, "mode": mode, "until": until})
    return reached
