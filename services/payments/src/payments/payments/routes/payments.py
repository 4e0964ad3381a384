"""Payments: create, get, history, cancel, capture."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from chassis.database import Database, Reading, Writing
from chassis.problems import document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from payments.payments.actions import payments
from payments.payments.routes.dependencies import CreateCaller, OnlyOnce, PaymentId, ReadCaller, Writer
from payments.payments.schemas.requests import CreatePaymentRequest, NoBody
from payments.payments.schemas.responses import CreatedPayment, Payment, PaymentEvents

router = APIRouter(tags=["payments"])
_PAYMENTS = "/{council}/payments/v1/payments"
_PAYMENT = f"{_PAYMENTS}/{{payment_id}}"
_COPIED_HEADERS = {"location", "idempotent-replayed"}


@router.post(
    _PAYMENTS,
    status_code=201,
    response_model=Payment,
    responses={
        200: {"model": Payment, "description": "The payment that this key created before"},
        **document_problems(409, 422),
    },
)
async def create_payment(
    request: Request,
    council: Slug,
    body: CreatePaymentRequest,
    caller: CreateCaller,
    calls: Calls,
    writer: Writer,
    once: OnlyOnce,
) -> Response:
    """Create a payment. Send the payer to its `next_url`.

    `lines` say what the money is for: one reference of one fund each. Without them it is one line of your
    key's fund. Repeat a request with its Idempotency-Key and you get the same payment, with status 200.
    With `authorisation_mode` `agreement` there is no payer: the answer says what came of it.
    """
    database: Database = request.app.state.database
    async with database.writing(council) as session:
        answer = await once.run(
            session,
            caller,
            body,
            lambda: payments.create(session, council, caller, body, writer),
            headers=lambda payment: {"Location": payment.links.self.href},
            repeated=200,
        )
    if body.agreement_id is None:
        return answer
    payment_id = CreatedPayment.model_validate_json(bytes(answer.body)).payment_id
    await payments.finish_without_payer(calls, council, payment_id)
    async with database.reading(council) as reader:
        payment = await payments.read(reader, council, caller, payment_id, writer)
    headers = {name: value for name, value in answer.headers.items() if name in _COPIED_HEADERS}
    return JSONResponse(payment.model_dump(mode="json"), answer.status_code, headers)


@router.get(_PAYMENT, response_model=Payment, responses=document_problems(404))
async def get_payment(
    session: Reading, council: Slug, payment_id: PaymentId, caller: ReadCaller, writer: Writer
) -> Payment:
    """Get a payment with its basket."""
    return await payments.read(session, council, caller, payment_id, writer)


@router.get(f"{_PAYMENT}/events", response_model=PaymentEvents, responses=document_problems(404))
async def get_payment_events(
    session: Reading, council: Slug, payment_id: PaymentId, caller: ReadCaller, writer: Writer
) -> PaymentEvents:
    """Get a payment's history."""
    return await payments.read_events(session, council, caller, payment_id, writer)


@router.post(f"{_PAYMENT}/cancel", status_code=204, responses=document_problems(404, 409, 422))
async def cancel_payment(
    session: Writing, council: Slug, payment_id: PaymentId, caller: CreateCaller, once: OnlyOnce
) -> Response:
    """Cancel a payment that is not finished. The payer's card is not charged."""

    async def cancel() -> None:
        await payments.cancel(session, council, caller, payment_id)

    return await once.run(session, caller, NoBody(), cancel, status=204)


@router.post(f"{_PAYMENT}/capture", status_code=204, responses=document_problems(404, 409, 422))
async def capture_payment(
    session: Writing, council: Slug, payment_id: PaymentId, caller: CreateCaller, once: OnlyOnce
) -> Response:
    """Capture a payment that you created with `delayed_capture`."""

    async def capture() -> None:
        await payments.capture(session, council, caller, payment_id)

    return await once.run(session, caller, NoBody(), capture, status=204)
