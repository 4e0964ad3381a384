"""Holds of payments, and exports of what is stored of a payer."""

from fastapi import APIRouter, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.problems import document_problems
from chassis.types import Slug
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader
from payments.retention.actions import holds, personal_data
from payments.retention.schemas import Hold, NewHold, PersonalData, PersonalDataRequest

router = APIRouter(prefix=BASE, tags=["retention"])
_HOLD = "/payments/{payment}/hold"


@router.get(_HOLD, responses=document_problems(404))
async def read_hold(council: Slug, payment: ids.Id, caller: FinanceReader, session: Reading) -> Hold:
    """Get the hold of a payment."""
    return await holds.read(session, council, caller, payment)


@router.put(_HOLD, responses=document_problems(404, 409))
async def place_hold(
    council: Slug, payment: ids.Id, body: NewHold, caller: FinanceKeeper, session: Writing
) -> Hold:
    """Hold a payment, or give its hold another reason: nothing of it is erased while it has one.

    Holds are recorded in the audit.
    """
    return await holds.place(session, council, caller, payment, body.reason)


@router.delete(_HOLD, status_code=204, response_class=Response, responses=document_problems(404))
async def lift_hold(council: Slug, payment: ids.Id, caller: FinanceKeeper, session: Writing) -> None:
    """Lift the hold of a payment. What was due meanwhile is erased in the next night."""
    await holds.lift(session, council, caller, payment)


@router.post("/personal-data/exports", responses=document_problems(403))
async def export_personal_data(
    council: Slug, body: PersonalDataRequest, caller: FinanceKeeper, session: Writing
) -> PersonalData:
    """Export what is stored of a payer: for a person who asks what the council has about them.

    It takes a live credential. The audit records it, without the address or reference. Check who asks.
    """
    return await personal_data.export(session, council, caller, body)
