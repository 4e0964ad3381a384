"""Disposal lists: ask for one, read it, keep cases out of it, sign it."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.retention.actions.access import check_manager
from casework.retention.actions.disposal_jobs import BuildList, CopyCases
from casework.retention.rules.disposals import ItemState, ListState, may_sign
from casework.retention.schemas.disposals import DeferRequest, DisposalItem, DisposalList, NewDisposalList
from casework.retention.store import lists as store
from casework.shared.days import find_local_day
from casework.shared.references import format_reference
from chassis import audit, clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.jobs import Priority, enqueue
from chassis.problems import Problem, conflict, invalid, not_found

AGGREGATE = "casework.disposal-list"
_FOUR_EYES = (
    "Somebody else must sign this list: you asked for it, or said of a case on it that it is to be kept."
)


def today() -> date:
    """Return today in the United Kingdom."""
    return find_local_day(clock.now())


async def request_list(session: Session, council: str, caller: Caller, body: NewDisposalList) -> DisposalList:
    """Have a list built of what is due. Raises Problem 403 or 422."""
    await check_manager(session, council, caller)
    due_by = body.due_by or today()
    if due_by > today():
        raise invalid("body.due_by", "lies ahead: only what is due can be disposed of", "future")
    list_id = ids.new()
    row = {
        "council": council,
        "id": list_id,
        "mode": caller.mode,
        "state": ListState.BUILDING,
        "due_by": due_by,
        "code": body.case_type,
        "items": 0,
        "requested_by": caller.record(),
        "requested_at": clock.now(),
        "version": 1,
    }
    await store.insert_list(session, row)
    await enqueue(session, BuildList(list=list_id), council=council, priority=Priority.BULK)
    return await get_list(session, council, caller, list_id)


async def get_list(session: ReadSession, council: str, caller: Caller, list_id: UUID) -> DisposalList:
    """Get a list. Raises Problem 403 or 404."""
    await check_manager(session, council, caller)
    return show(_check_mode(await store.find_list(session, council, list_id), caller))


async def list_lists(
    session: ReadSession, council: str, caller: Caller, after: UUID | None, fetch: int
) -> list[DisposalList]:
    """List disposal lists, the oldest first. Raises Problem 403."""
    await check_manager(session, council, caller)
    rows = await store.list_lists(session, council, caller.mode, after or UUID(int=0), fetch)
    return [show(row) for row in rows]


async def list_items(
    session: ReadSession, council: str, caller: Caller, list_id: UUID, after: UUID | None, fetch: int
) -> list[DisposalItem]:
    """List the cases on a list. Raises Problem 403 or 404."""
    await get_list(session, council, caller, list_id)
    rows = await store.list_items(session, council, list_id, after or UUID(int=0), fetch)
    return [show_item(row) for row in rows]


async def defer(
    session: Session,
    council: str,
    caller: Caller,
    list_id: UUID,
    case_id: UUID,
    precondition: Precondition,
    body: DeferRequest,
) -> DisposalList:
    """Keep a case out of a disposal until a day. Raises Problem 403, 404, 409, 412 or 422."""
    await _lock_ready(session, council, caller, list_id, precondition)
    if body.until <= today():
        raise invalid("body.until", "is over: give a day that lies ahead", "past")
    item = await store.find_item(session, council, list_id, case_id)
    if item is None:
        raise not_found("case on this list")
    values = {"reason": body.reason, "deferred_until": body.until, "deferred_by": caller.record()}
    await store.update_item(session, council, list_id, case_id, state=ItemState.DEFERRED, **values)
    await store.update_list(session, council, list_id)
    await _audit(session, council, caller, "case-deferred", list_id, {"case": [None, ids.show(case_id)]})
    return await get_list(session, council, caller, list_id)


async def approve(
    session: Session, council: str, caller: Caller, list_id: UUID, precondition: Precondition
) -> DisposalList:
    """Sign a list: from now on what is on it is disposed of. Raises Problem 403, 404, 409 or 412."""
    row = await _lock_ready(session, council, caller, list_id, precondition)
    deferred_by = await store.list_deferrers(session, council, list_id)
    if not may_sign(caller.subject, row.requested_by, deferred_by):
        raise Problem(403, "signed-by-another", _FOUR_EYES)
    values = {"state": ListState.SIGNED, "signed_by": caller.record(), "signed_at": clock.now()}
    await store.update_list(session, council, list_id, **values)
    await _audit(session, council, caller, "disposal-signed", list_id, {"items": [None, row.items]})
    await enqueue(session, CopyCases(list=list_id), council=council, priority=Priority.BULK)
    return await get_list(session, council, caller, list_id)


async def withdraw(
    session: Session, council: str, caller: Caller, list_id: UUID, precondition: Precondition
) -> DisposalList:
    """Withdraw a list that nobody signed. Raises Problem 403, 404, 409 or 412."""
    await _lock_ready(session, council, caller, list_id, precondition)
    await store.update_list(session, council, list_id, state=ListState.WITHDRAWN)
    await _audit(session, council, caller, "disposal-withdrawn", list_id, {})
    return await get_list(session, council, caller, list_id)


async def _lock_ready(
    session: Session, council: str, caller: Caller, list_id: UUID, precondition: Precondition
) -> Row[Any]:
    await check_manager(session, council, caller)
    row = _check_mode(await store.lock_list(session, council, list_id), caller)
    precondition.check(row.version, "list")
    if row.state != ListState.READY:
        raise conflict("list-not-ready", f"This list is {row.state}; only one that is ready can be changed.")
    return row


def _check_mode(row: Row[Any] | None, caller: Caller) -> Row[Any]:
    if row is None or row.mode != caller.mode:
        raise not_found("disposal list")
    return row


async def _audit(
    session: Session, council: str, caller: Caller, act: str, list_id: UUID, changes: dict[str, list[Any]]
) -> None:
    actor, disposal = audit.by_staff(caller), ids.show(list_id)
    await audit.record(session, council, actor, act, AGGREGATE, disposal, changes=changes)


def show(row: Row[Any]) -> DisposalList:
    """Show a list."""
    return DisposalList(
        id=row.id,
        state=row.state,
        due_by=row.due_by,
        case_type=row.code,
        items=row.items,
        requested_by=row.requested_by["sub"],
        requested_at=row.requested_at,
        signed_by=row.signed_by["sub"] if row.signed_by else None,
        signed_at=row.signed_at,
        version=row.version,
    )


def show_item(row: Row[Any]) -> DisposalItem:
    """Show a case on a list."""
    return DisposalItem(
        case=row.case_id,
        reference=format_reference(row.reference),
        case_type=row.code,
        result=row.result,
        closed_on=row.closed_on,
        due_on=row.due_on,
        rule=row.rule,
        state=row.state,
        reason=row.reason,
        deferred_until=row.deferred_until,
    )
