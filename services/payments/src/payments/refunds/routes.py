"""Refunds: submit, get, list."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from chassis import ids
from chassis.database import Database, Reading
from chassis.problems import document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from payments.payments.routes.dependencies import OnlyOnce, PaymentId, ReadCaller, RefundCaller, Writer
from payments.payments.schemas.requests import RefundRequest
from payments.payments.schemas.responses import Refund, RefundId, Refunds
from payments.refunds import actions as refunds

router = APIRouter(tags=["refunds"])
_REFUNDS = "/{council}/payments/v1/payments/{payment_id}/refunds"
OneRefund = Annotated[ids.Id, Path(description="The refund's `refund_id`")]


@router.post(
    _REFUNDS, status_code=202, response_model=Refund, responses=document_problems(404, 409, 412, 422)
)
async def submit_refund(
    request: Request,
    council: Slug,
    payment_id: PaymentId,
    body: RefundRequest,
    caller: RefundCaller,
    calls: Calls,
    writer: Writer,
    once: OnlyOnce,
) -> Response:
    """Refund a payment, whole or in part, to the card it was paid with.

    `lines` say what is given back; without them the refund is spread over the basket. A request that is
    repeated with its Idempotency-Key gets the same refund, as it is then.
    """
    database: Database = request.app.state.database

    async with database.writing(council) as session:

        async def ask() -> RefundId:
            refund_id, _ = await refunds.request(session, council, caller, payment_id, body)
            return RefundId(refund_id=refund_id)

        answer = await once.run(session, caller, body, ask, status=202)
    refund_id = RefundId.model_validate_json(bytes(answer.body)).refund_id
    await refunds.submit(calls, council, payment_id, refund_id)
    async with database.reading(council) as reader:
        refund = await refunds.read(reader, council, caller, payment_id, refund_id)
    body_json = writer.write_refund(refund).model_dump(mode="json")
    repeated = {name: value for name, value in answer.headers.items() if name == "idempotent-replayed"}
    return JSONResponse(body_json, 202, repeated)


@router.get(_REFUNDS, response_model=Refunds, responses=document_problems(404))
async def list_payment_refunds(
    session: Reading, council: Slug, payment_id: PaymentId, caller: ReadCaller, writer: Writer
) -> Refunds:
    """List a payment's refunds."""
    row, listed_refunds = await refunds.list_refunds(session, council, caller, payment_id)
    return writer.write_refunds(row, listed_refunds)


@router.get(f"{_REFUNDS}/{{refund_id}}", response_model=Refund, responses=document_problems(404))
async def get_refund(
    session: Reading,
    council: Slug,
    payment_id: PaymentId,
    refund_id: OneRefund,
    caller: ReadCaller,
    writer: Writer,
) -> Refund:
    """Get a refund."""
    return writer.write_refund(await refunds.read(session, council, caller, payment_id, refund_id))
