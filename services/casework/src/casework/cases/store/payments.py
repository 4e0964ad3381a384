"""Statements of the payments of cases."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select

from casework.cases.tables import case_event
from chassis.database import ReadSession

_EVENT = case_event.c
_MOST = 50
_PAYMENTS = (
    select(_EVENT.subject)
    .where(
        _EVENT.council == bindparam("council"),
        _EVENT.case_id == bindparam("case_id"),
        _EVENT.type == "payments.payment.succeeded.v1",
    )
    .order_by(_EVENT.at, _EVENT.subject)
    .limit(_MOST)
)


async def list_payments(session: ReadSession, council: str, case_id: UUID) -> Sequence[str]:
    """List the ids of the payments that a case has had, the first one first."""
    rows = await session.all(_PAYMENTS, {"council": council, "case_id": case_id})
    return [row.subject for row in rows]
