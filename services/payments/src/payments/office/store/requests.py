"""Requests of staff, and their limits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from payments.office.tables import office_limit, office_request

_LAST = UUID(int=2**128 - 1)
_R = office_request.c
_INSERT = upsert(office_request).on_conflict_do_nothing()
_OF_COUNCIL = select(office_request).where(_R.council == bindparam("council"))
_FIND = _OF_COUNCIL.where(_R.id == bindparam("request_id"), _R.mode == bindparam("mode"))
_LOCK = _FIND.with_for_update()
_LIST = (
    _OF_COUNCIL.where(_R.mode == bindparam("mode"), _R.id < bindparam("start"))
    .order_by(_R.id.desc())
    .limit(bindparam("most"))
)
_LIST_BY_STATUS = _LIST.where(_R.status == bindparam("status"))
_OF_SUBJECT = _OF_COUNCIL.where(_R.subject == bindparam("subject")).order_by(_R.id).limit(bindparam("most"))
_END = (
    update(office_request)
    .where(_R.council == bindparam("council_"), _R.id == bindparam("id_"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("status", "checked_by", "checked_by_name", "checked_at", "answer", "result")
        }
    )
)
_LOCK_MAKER = text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 20260))")
_SUM_DONE = text("""SELECT coalesce(sum(amount), 0)::bigint FROM office_request
    WHERE council = :council AND mode = :mode AND requested_by = :subject AND status = 'done'
        AND requested_at >= :since""")
_LIMITS = select(office_limit).where(office_limit.c.council == bindparam("council"))
_DELETE_LIMIT = text("DELETE FROM office_limit WHERE council = :council AND scope = :scope")
_INSERT_LIMIT = insert(office_limit)


async def insert_request(session: Session, row: Mapping[str, Any]) -> bool:
    """Write a request; False if there is one of its id: the form was sent twice."""
    return await session.execute(_INSERT, row) > 0


async def find_request(session: ReadSession, council: str, mode: str, request_id: UUID) -> Row[Any] | None:
    """Find a request."""
    return await session.first(_FIND, {"council": council, "mode": mode, "request_id": request_id})


async def lock_request(session: Session, council: str, mode: str, request_id: UUID) -> Row[Any] | None:
    """Lock a request until the transaction ends."""
    return await session.first(_LOCK, {"council": council, "mode": mode, "request_id": request_id})


async def list_requests(
    session: ReadSession, council: str, mode: str, status: str | None, start: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List requests, the newest first; or those of a status."""
    values = {"council": council, "mode": mode, "start": start or _LAST, "most": fetch}
    if status is None:
        return await session.all(_LIST, values)
    return await session.all(_LIST_BY_STATUS, {**values, "status": status})


async def list_by_subject(session: ReadSession, council: str, subject: UUID, most: int) -> Sequence[Row[Any]]:
    """List the requests about a payment, an item in suspense or a journal, the oldest first."""
    return await session.all(_OF_SUBJECT, {"council": council, "subject": subject, "most": most})


async def end_request(session: Session, row: Row[Any], values: Mapping[str, Any]) -> None:
    """Write what came of a locked request: status, its checker, their answer, the result."""
    columns_by_name = {f"new_{name}": value for name, value in values.items()}
    await session.execute(_END, {"council_": row.council, "id_": row.id, **columns_by_name})


async def sum_done(session: Session, council: str, mode: str, subject: str, since: datetime) -> int:
    """Sum what a person gave back alone since a time; others of theirs wait until this transaction ends."""
    await session.execute(_LOCK_MAKER, {"subject": subject})
    values = {"council": council, "mode": mode, "subject": subject, "since": since}
    return int(await session.scalar(_SUM_DONE, values))


async def list_limits(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List the council's limits."""
    return await session.all(_LIMITS, {"council": council})


async def replace_limit(session: Session, row: Mapping[str, Any]) -> None:
    """Write the limit of a scope in place of the one before."""
    await session.execute(_DELETE_LIMIT, {"council": row["council"], "scope": row["scope"]})
    await session.execute(_INSERT_LIMIT, row)
