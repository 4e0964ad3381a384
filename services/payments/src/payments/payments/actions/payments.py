"""Create, read, cancel and capture payments."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox, recovery
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.jobs import CallContext, enqueue
from chassis.problems import Problem
from payments.agreements import actions as agreements
from payments.funds.actions import baskets
from payments.funds.rules.baskets import Line
from payments.gateway_accounts.actions import accounts
from payments.gateway_accounts.actions.accounts import GatewayAccount
from payments.payments.actions import changes, processor_calls
from payments.payments.actions.payment_json import PaymentWriter
from payments.payments.rules.creation import RequestedPayment, check
from payments.payments.rules.states import OPEN, WITH_HOLD, Status
from payments.payments.schemas.requests import CreatePaymentRequest
from payments.payments.schemas.responses import Payment, PaymentEvents
from payments.payments.store import payments as store
from payments.processors.actions.registry import get_traits
from payments.processors.rules import ProcessorError
from payments.shared.days import today
from payments.shared.retention import find_payer_end

_CLOSED = "Payments are disabled on this account: the council closed it. Contact the council"


async def create(
    session: Session, council: str, caller: Caller, body: CreatePaymentRequest, writer: PaymentWriter
) -> Payment:
    """Create a payment with its basket, armed to expire. Raises Problem with Pay's codes."""
    account = await accounts.get_account(session, council, caller)
    return await create_in_account(session, council, account, caller.record(), body, writer)


async def create_in_account(
    session: Session,
    council: str,
    account: GatewayAccount,
    created_by: dict[str, str],
    body: CreatePaymentRequest,
    writer: PaymentWriter,
) -> Payment:
    """Create a payment in an account, whoever caused it. Raises Problem with Pay's codes."""
    if not account.is_open:
        raise Problem(403, "P0941", _CLOSED)
    _require_allowed(body, account, has_moto_api=writer.has_moto_api)
    agreement = await _find_agreement(session, council, account, body)
    basket = await baskets.resolve_basket(
        session,
        council,
        today(),
        amount=body.amount,
        lines=body.lines,
        default_fund=account.fund,
        metadata_fund=_fund_of_metadata(body),
        reference=body.reference,
    )
    row = _make_row(council, created_by, account, body, agreement.id if agreement else None)
    row["erase_on"] = find_payer_end(today(), [line.retention_months for line in basket.lines])
    lines = [_make_line(row, n, line) for n, line in enumerate(basket.lines, 1)]
    await store.insert_payment(session, row, lines)
    payer = _make_payer(body)
    if agreement is not None and body.agreement_id is not None:
        payer |= agreements.copy_card(agreement)
    created = SimpleNamespace(**row, **{**_NOBODY, **payer})
    if payer:
        await store.save_payer(session, created, payer)
    await _publish_created(session, council, created)
    data = processor_calls.Expire(payment=row["id"])
    await enqueue(session, data, council=council, due_at=row["expires_at"], key=ids.show(row["id"]))
    if body.agreement_id is not None:
        await processor_calls.begin_without_payer(session, council, row["id"])
    return writer.write(created)


async def _find_agreement(
    session: Session, council: str, account: GatewayAccount, body: CreatePaymentRequest
) -> Row[Any] | None:
    """Find the agreement that a payment sets up or is taken by. Raises Problem 400 P0103, P0102."""
    if body.set_up_agreement is not None:
        return await agreements.find_to_set_up(session, council, account, body.set_up_agreement)
    if body.agreement_id is not None:
        return await agreements.find_active(session, council, account, body.agreement_id)
    return None


async def finish_without_payer(
    context: CallContext, council: str, payment_id: UUID, seconds: float = recovery.SECONDS
) -> None:
    """Take a payment without a page now, unless it is done. If the call fails the worker goes on with it."""
    data = processor_calls.Authorise(operation=ids.show(payment_id), payment=payment_id)
    operation = recovery.Operation(data, council, clock.now() + timedelta(seconds=seconds))
    try:
        await recovery.run(context, processor_calls.handlers, operation)
    except (ProcessorError, recovery.OverdueError):
        return


async def get(
    session: ReadSession, council: str, caller: Caller, payment_id: UUID, code: str = "P0200"
) -> Row[Any]:
    """Get a payment of the caller's account. Raises Problem 404 with the operation's code."""
    account = await accounts.find_account(session, council, caller)
    row = await store.find_payment(session, council, payment_id)
    if row is None or account is None or row.account != account.id:
        raise Problem(404, code, "Not found")
    return row


async def find_by_provider_id(
    session: ReadSession, council: str, account_id: UUID, provider_id: str
) -> Row[Any] | None:
    """Find the payment of an account that the processor knows by this id."""
    return await store.find_by_provider_id(session, council, account_id, provider_id)


async def find(session: ReadSession, council: str, payment_id: UUID) -> Row[Any] | None:
    """Find a payment of any account, with its payer."""
    return await store.find_payment(session, council, payment_id)


async def list_events(session: ReadSession, council: str, payment_id: UUID) -> Sequence[Row[Any]]:
    """List what happened to a payment, the oldest first."""
    return await store.list_events(session, council, payment_id)


async def move_line(session: Session, row: Row[Any], n: int, amount: int, vat: int) -> None:
    """Count a part of a locked payment's line as moved by a journal; negative amounts: moved back."""
    await store.move_line(session, row.council, row.id, n, amount, vat)


async def list_lines(session: ReadSession, council: str, payment_id: UUID) -> Sequence[Row[Any]]:
    """List the lines of a payment's basket."""
    return await store.list_lines(session, council, payment_id)


async def read(
    session: ReadSession, council: str, caller: Caller, payment_id: UUID, writer: PaymentWriter
) -> Payment:
    """Read a payment with its basket."""
    row = await get(session, council, caller, payment_id)
    return writer.write(row, await store.list_lines(session, council, payment_id))


async def read_events(
    session: ReadSession, council: str, caller: Caller, payment_id: UUID, writer: PaymentWriter
) -> PaymentEvents:
    """Read a payment's history."""
    row = await get(session, council, caller, payment_id, "P0300")
    return writer.write_events(row, await store.list_events(session, council, payment_id))


async def cancel(session: Session, council: str, caller: Caller, payment_id: UUID) -> None:
    """Cancel a payment for its service. Raises Problem 404 P0500, 400 P0501, 409 P0502."""
    await get(session, council, caller, payment_id, "P0500")
    row = await changes.lock(session, council, payment_id)
    status = Status(row.status)
    if status is Status.AUTHORISING:
        raise Problem(409, "P0502", "Cancellation of payment failed: the card is being authorised. Try again")
    if status not in OPEN:
        raise Problem(400, "P0501", "Cancellation of payment failed")
    await end(session, row, Status.CANCELLED_BY_SERVICE)


async def end(session: Session, row: Row[Any], status: Status) -> None:
    """End a locked payment that is not paid, and let go of what is held for it."""
    await changes.change(session, row, status)
    if row.status in WITH_HOLD:
        await processor_calls.begin_release(session, row.council, row.id)


async def capture(session: Session, council: str, caller: Caller, payment_id: UUID) -> None:
    """Capture a delayed payment. Raises Problem 404 P1000, 400 P1001."""
    await get(session, council, caller, payment_id, "P1000")
    row = await changes.lock(session, council, payment_id)
    if row.status != Status.CAPTURABLE:
        raise Problem(400, "P1001", "Capture of payment failed. Payment cannot be captured in its state")
    await processor_calls.submit_capture(session, row)


def _require_allowed(body: CreatePaymentRequest, account: GatewayAccount, *, has_moto_api: bool) -> None:
    requested = RequestedPayment(
        amount=body.amount,
        return_url=body.return_url,
        moto=body.moto,
        authorisation_mode=body.authorisation_mode,
        set_up_agreement=body.set_up_agreement,
        agreement_id=body.agreement_id,
        agreement_payment_type=body.agreement_payment_type,
    )
    traits = get_traits(account.processor)
    refusal = check(requested, account.settings, account.mode, traits, has_moto_api=has_moto_api)
    if refusal is None:
        return
    if refusal.field:
        raise Problem(refusal.status, refusal.code, refusal.message, field=refusal.field)
    raise Problem(refusal.status, refusal.code, refusal.message)


def _fund_of_metadata(body: CreatePaymentRequest) -> str | None:
    fund = (body.metadata or {}).get("fund")
    return fund if isinstance(fund, str) else None


_NOBODY = dict.fromkeys(
    ("email", "cardholder_name", "billing_address", "first_digits", "last_digits", "expiry_date", "card_type")
)


def _make_payer(body: CreatePaymentRequest) -> dict[str, Any]:
    """Return what the service says of the payer; empty if nothing."""
    details = body.prefilled_cardholder_details
    address = details.billing_address if details else None
    values = {
        "email": body.email,
        "cardholder_name": details.cardholder_name if details else None,
        "billing_address": address.model_dump(exclude_none=True) if address else None,
    }
    return {name: value for name, value in values.items() if value}


def _make_line(row: Mapping[str, Any], n: int, line: Line) -> dict[str, Any]:
    return {
        "council": row["council"],
        "payment": row["id"],
        "n": n,
        "fund": line.fund_id,
        "is_suspense": line.is_suspense,
        "ledger_code": line.ledger_code,
        "reference": line.reference,
        "narrative": line.narrative,
        "vat_code": line.vat_code_id,
        "vat_code_name": line.vat_code,
        "vat_treatment": line.vat_treatment,
        "basis_points": line.basis_points,
        "amount": line.amount,
        "vat": line.vat,
        "refund_spread": line.refund_spread,
        "retention_months": line.retention_months,
        "refunded": 0,
        "refunded_vat": 0,
    }


def _make_row(
    council: str,
    created_by: dict[str, str],
    account: GatewayAccount,
    body: CreatePaymentRequest,
    agreement: UUID | None,
) -> dict[str, Any]:
    now = clock.now()
    return {
        "council": council,
        "id": ids.new(),
        "account": account.id,
        "mode": account.mode,
        "processor": account.processor,
        "status": Status.CREATED,
        "amount": body.amount,
        "surcharge": 0,
        "fee": None,
        "reference": body.reference,
        "description": body.description,
        "return_url": body.return_url,
        "language": body.language,
        "delayed_capture": body.delayed_capture,
        "moto": body.moto,
        "metadata": body.metadata,
        "authorisation_mode": body.authorisation_mode,
        "agreement": agreement,
        "sets_up_agreement": body.set_up_agreement is not None,
        "agreement_payment_type": body.agreement_payment_type,
        "can_retry": None,
        "visits": 0,
        "card": None,
        "card_brand": None,
        "provider_id": None,
        "three_d_secure": None,
        "refunded": 0,
        "refunds_blocked": False,
        "created_by": created_by,
        "version": 1,
        "created_at": now,
        "expires_at": now + timedelta(minutes=account.settings.payment_minutes),
        "capture_submitted_at": None,
        "captured_at": None,
        "settled_on": None,
        "erased_at": None,
    }


async def _publish_created(session: Session, council: str, created: Any) -> None:
    event = changes.make_event(created, Status.CREATED)
    if event is not None:
        await outbox.add(session, event, council=council, subject=ids.show(created.id), sequence=1)
