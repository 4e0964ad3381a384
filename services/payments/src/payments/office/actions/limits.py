"""What staff may give back alone: data of the council, by scope."""

from collections.abc import Sequence

from chassis import audit, clock, ids
from chassis.audit import by_staff
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem
from payments.office.schemas import NewLimit, OfficeLimit
from payments.office.store import requests as store


async def list_limits(session: ReadSession, council: str) -> Sequence[OfficeLimit]:
    """List the council's limits."""
    rows = await store.list_limits(session, council)
    return [OfficeLimit(scope=row.scope, refund=row.refund, daily=row.daily) for row in rows]


async def set_limit(
    session: Session, council: str, caller: Caller, scope: str, body: NewLimit
) -> OfficeLimit:
    """Set the limit of staff with a scope. Raises Problem 400."""
    if body.daily < body.refund:
        detail = "The limit of a day must be at least that of one refund."
        raise Problem(400, "wrong-limit", detail, field="daily")
    before = {row.scope: row for row in await store.list_limits(session, council)}.get(scope)
    old = {"refund": before.refund, "daily": before.daily} if before else {}
    row = {"council": council, "id": ids.new(), "scope": scope, **body.model_dump()}
    await store.replace_limit(session, {**row, "updated_by": caller.subject, "updated_at": clock.now()})
    changes = audit.compare(old, body.model_dump())
    await audit.record(
        session, council, by_staff(caller), "limit-changed", "payments.limit", scope, changes=changes
    )
    return OfficeLimit(scope=scope, **body.model_dump())
