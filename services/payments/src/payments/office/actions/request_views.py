"""How requests are shown, and approved, whatever they are for."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import Session
from chassis.web.sign_in import Staff
from payments.office.actions import journals, refunds, requests
from payments.office.actions.refunds import RefundOutcome
from payments.office.rules.requests import Kind
from payments.office.schemas import OfficeRequest

_APPROVALS = {
    Kind.JOURNAL: journals.approve,
    Kind.UNDO: journals.approve_undo,
    Kind.CREDIT_NOTE: refunds.approve_credit_note,
}


def show(row: Row[Any]) -> OfficeRequest:
    """Show a request as the API does."""
    return OfficeRequest.model_validate(row, from_attributes=True)


async def approve(session: Session, staff: Staff, request_id: UUID) -> RefundOutcome | None:
    """Approve a request of somebody else; a refund's outcome. Raises Problem 403, 404, 409, 422."""
    row = await requests.lock_to_check(session, staff, request_id)
    if row.kind == Kind.REFUND:
        return await refunds.approve(session, staff, row)
    await _APPROVALS[row.kind](session, staff, row)
    return None
