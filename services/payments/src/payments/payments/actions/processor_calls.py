"""The calls to the processor: each is an operation, made once in effect whatever is killed meanwhile.

A request that needs the answer makes the call itself; if its process dies, the worker does
(``chassis.recovery``).
"""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, recovery
from chassis.database import Session
from chassis.jobs import (
    CallContext,
    CallData,
    Finish,
    Job,
    JobData,
    JobHandlers,
    OperationData,
    Priority,
    RefusedError,
    enqueue,
)
from payments.agreements import actions as agreements
from payments.gateway_accounts.actions import accounts
from payments.payments.actions import changes, receipts
from payments.payments.rules.states import OPEN, WITH_HOLD, Status
from payments.payments.store import payments as store
from payments.processors.actions.registry import get_processor
from payments.processors.rules import (
    Authorisation,
    AuthorisationRequest,
    Outcome,
    RefusedByProcessorError,
)
from payments.processors.rules import Capture as CaptureResult

handlers = JobHandlers()
TRIES = 26  # of a call to the processor: they take a day
LIMIT = 20.0  # seconds
_AGREEMENT, _MOTO_API = "agreement", "moto_api"
FOLLOW_UP = timedelta(minutes=15)
"""How long to wait before a processor is asked what became of a capture or refund it has only noted."""
_UNANSWERED = {Status.AUTHORISING, Status.EXPIRED}
_AFTER = {
    Outcome.AUTHORISED: Status.AUTHORISED,
    Outcome.CHALLENGED: Status.CHALLENGED,
    Outcome.DECLINED: Status.DECLINED,
    Outcome.EXPIRED: Status.EXPIRED,
    Outcome.ERROR: Status.ERROR,
}
_OVER = {Outcome.DECLINED, Outcome.EXPIRED, Outcome.ERROR}


class _PaymentOperation(OperationData):
    """An operation of which a payment has one."""

    payment: ids.Id


class Authorise(_PaymentOperation):
    """Hold a payment's amount on the card that the payer chose, or chooses on the processor's page."""

    kind: ClassVar[str] = "payments.authorise"
    return_url: str | None = None  # none: there is no payer
    cancel_url: str | None = None


class ReadChallenge(CallData):
    """See what came of 3-D Secure, or of the processor's page. ``is_over``: the payer's time is."""

    kind: ClassVar[str] = "payments.read_challenge"
    payment: ids.Id
    is_over: bool = False


class Capture(_PaymentOperation):
    """Take a payment's money."""

    kind: ClassVar[str] = "payments.capture"


class Release(_PaymentOperation):
    """Let go of the money that is held for a payment which came to an end."""

    kind: ClassVar[str] = "payments.release"


class Expire(JobData):
    """End a payment that the payer, or once they ``confirmed`` the service, did not finish in time."""

    kind: ClassVar[str] = "payments.expire"
    payment: ids.Id
    confirmed: bool = False


async def _read(context: CallContext, council: str, payment_id: UUID) -> Row[Any]:
    async with context.database.reading(council) as session:
        row = await store.find_payment(session, council, payment_id)
    if row is None:
        raise RefusedError("there is no such payment")
    return row


@handlers.call(Authorise, tries=TRIES, limit=LIMIT)
async def authorise(context: CallContext, job: Job[Authorise]) -> Finish | None:
    """Hold the money.

    A payment that expired before the answer came is asked for again as well: only so we know what is held
    for it, and can let go of that.
    """
    row = await _read(context, job.council, job.data.payment)
    if row.status not in _UNANSWERED or row.provider_id is not None:
        return None
    token = ids.show(row.id) if row.sets_up_agreement else None
    if row.authorisation_mode == _AGREEMENT:
        async with context.database.reading(job.council) as session:
            token = await agreements.find_token(session, job.council, row.agreement)
        if token is None:  # it was cancelled since the payment was created
            result = Authorisation("", Outcome.DECLINED, can_retry=False)
            return lambda session: _finish_authorisation(session, job.council, job.data.payment, result)
    request = AuthorisationRequest(
        merchant=ids.show(row.account),
        amount=row.amount + row.surcharge,
        card=row.card,
        reference=ids.show(row.id),
        return_url=job.data.return_url,
        is_moto=row.moto or row.authorisation_mode == _MOTO_API,
        agreement=token,
        cancel_url=job.data.cancel_url,
        description=row.description,
        email=row.email,
        created_at=row.created_at,
        language=row.language,
    )
    result = await _ask(context, row, job.idempotency_key, request)
    return lambda session: _finish_authorisation(session, job.council, job.data.payment, result)


async def _ask(context: CallContext, row: Row[Any], key: str, request: AuthorisationRequest) -> Authorisation:
    """Ask for an authorisation. One that the processor will never give is an error of it."""
    try:
        return await get_processor(context, row.council, row.processor).authorise(key, request)
    except RefusedByProcessorError:
        return Authorisation("", Outcome.ERROR)


@handlers.call(ReadChallenge, tries=TRIES, limit=LIMIT)
async def end_challenge(context: CallContext, job: Job[ReadChallenge]) -> Finish | None:
    """Go on with a payment whose payer answered and did not come back; without an answer, end it in time."""
    council, payment_id = job.council, job.data.payment
    if not job.data.is_over:
        return await read_challenge(context, council, payment_id)
    try:
        finish = await read_challenge(context, council, payment_id)
    except RefusedByProcessorError:  # the processor knows nothing of it
        finish = None
    return lambda session: _end_unanswered(session, council, payment_id, finish)


async def _end_unanswered(session: Session, council: str, payment_id: UUID, finish: Finish | None) -> None:
    if finish is not None:
        await finish(session)
    row = await changes.lock(session, council, payment_id)
    if row.status == Status.CHALLENGED:
        await changes.change(session, row, Status.EXPIRED)
        await begin_release(session, council, payment_id)


async def read_challenge(context: CallContext, council: str, payment_id: UUID) -> Finish | None:
    """Read an authorisation after 3-D Secure; what it returns writes what came of it."""
    row = await _read(context, council, payment_id)
    if row.status != Status.CHALLENGED:
        return None
    processor = get_processor(context, council, row.processor)
    result = await processor.get_authorisation(ids.show(row.account), row.provider_id)
    return lambda session: _finish_authorisation(session, council, payment_id, result)


async def _finish_authorisation(
    session: Session, council: str, payment_id: UUID, result: Authorisation
) -> None:
    row = await changes.lock(session, council, payment_id)
    if row.status not in {Status.AUTHORISING, Status.CHALLENGED}:
        await _release_late(session, row, result)
        return
    status = _AFTER[result.outcome]
    if status == row.status:  # the payer has not answered the challenge yet
        return
    values: dict[str, Any] = {"three_d_secure": result.challenge_url or row.three_d_secure}
    if result.provider_id:
        values["provider_id"] = result.provider_id
    if result.card is not None:
        values["card_brand"] = result.card.brand
    details = result.list_payer_details()
    if details:
        await store.save_payer(session, row, details)
    is_confirmed = row.card is None or row.authorisation_mode == _MOTO_API
    if is_confirmed and status is Status.AUTHORISED:
        await _finish_unasked(session, row, result, values)
    elif row.authorisation_mode == _AGREEMENT:
        await _fail_agreed(session, row, status, result, values)
    else:
        await changes.change(session, row, status, **values)


async def _fail_agreed(
    session: Session, row: Row[Any], status: Status, result: Authorisation, values: dict[str, Any]
) -> None:
    """End a payment by an agreement, and say whether another try may succeed."""
    await changes.change(session, row, status, **values, can_retry=result.can_retry)
    if not result.can_retry and status is Status.DECLINED:
        await agreements.deactivate(session, row.council, row.agreement)


async def _finish_unasked(
    session: Session, row: Row[Any], result: Authorisation, values: dict[str, Any]
) -> None:
    """Go on to the capture: the payer confirmed on the processor's page, agreed before, or is on no page."""
    await changes.change(session, row, Status.AUTHORISED, **values | {"three_d_secure": None})
    await confirm(session, await changes.lock(session, row.council, row.id), result.token)


async def confirm(session: Session, row: Row[Any], token: str | None = None) -> None:
    """Take a locked payment that is authorised as successful. An agreement that it sets up is active then.

    ``token``: by what the processor keeps the card, if not by the payment's id.
    """
    if row.sets_up_agreement:
        payment = await store.find_payment(session, row.council, row.id)
        if payment is not None:
            await agreements.activate(session, row.council, row.agreement, payment, token)
    if not row.delayed_capture:
        await submit_capture(session, row)
        return
    await changes.change(session, row, Status.CAPTURABLE)
    account = await accounts.get_by_id(session, row.council, row.account)
    due_at = clock.now() + timedelta(hours=account.settings.capture_hours)
    data = Expire(payment=row.id, confirmed=True)
    await enqueue(session, data, council=row.council, due_at=due_at, key=ids.show(row.id))


async def submit_capture(session: Session, row: Row[Any]) -> None:
    """Have a locked payment's money taken."""
    await changes.change(session, row, Status.CAPTURING, capture_submitted_at=clock.now())
    await begin_capture(session, row.council, row.id)


async def begin_capture(session: Session, council: str, payment_id: UUID) -> None:
    """Take a payment's money when this transaction has committed. May be asked for again."""
    data = Capture(operation=ids.show(payment_id), payment=payment_id)
    await enqueue(session, data, council=council, key=data.operation, priority=Priority.URGENT)


async def begin_without_payer(session: Session, council: str, payment_id: UUID) -> None:
    """Begin to take a payment from the card of an agreement."""
    row = await changes.lock(session, council, payment_id)
    await changes.change(session, row, Status.AUTHORISING)
    data = Authorise(operation=ids.show(payment_id), payment=payment_id)
    await recovery.begin(session, data, council=council)


async def _release_late(session: Session, row: Row[Any], result: Authorisation) -> None:
    """Let go of what was authorised after the payment had ended. Another call may have finished it."""
    if row.provider_id is not None or result.outcome in _OVER or row.status in OPEN:
        return
    await store.update_payment(session, row.council, row.id, {"provider_id": result.provider_id})
    await begin_release(session, row.council, row.id)


@handlers.call(Capture, tries=TRIES, limit=LIMIT)
async def capture(context: CallContext, job: Job[Capture]) -> Finish | None:
    """Take the money, and post the receipt when the processor says that it did."""
    row = await _read(context, job.council, job.data.payment)
    if row.status != Status.CAPTURING:
        return None
    try:
        result = await _capture(context, row, job.idempotency_key)
    except RefusedByProcessorError:
        return lambda session: _fail(session, job.council, job.data.payment, Status.CAPTURING)
    return lambda session: _finish_capture(session, job, result)


async def _capture(context: CallContext, row: Row[Any], key: str) -> CaptureResult:
    """Have the processor capture a payment. Of nothing, which saves a card, there is nothing to capture."""
    amount = row.amount + row.surcharge
    if not amount:
        return CaptureResult(clock.now(), None)
    processor = get_processor(context, row.council, row.processor)
    return await processor.capture(key, ids.show(row.account), row.provider_id, amount)


async def _finish_capture(session: Session, job: Job[Capture], result: CaptureResult) -> None:
    row = await changes.lock(session, job.council, job.data.payment)
    if row.status != Status.CAPTURING:
        return
    if result.captured_at is None:  # a notification will make it sooner
        due_at = clock.now() + FOLLOW_UP
        await enqueue(session, job.data, council=job.council, due_at=due_at, key=job.data.operation)
        return
    values = {"captured_at": result.captured_at, "fee": result.fee}
    await changes.change(session, row, Status.CAPTURED, **values)
    await receipts.post_receipt(session, row)


async def _fail(session: Session, council: str, payment_id: UUID, status: Status) -> None:
    """End a payment in an error, if it is still in the state in which the processor refused it."""
    row = await changes.lock(session, council, payment_id)
    if row.status == status:
        await changes.change(session, row, Status.ERROR)


@handlers.call(Release, tries=TRIES, limit=LIMIT)
async def release(context: CallContext, job: Job[Release]) -> None:
    """Cancel the authorisation of a payment that ended."""
    row = await _read(context, job.council, job.data.payment)
    if row.provider_id is None or row.status in OPEN:
        return
    processor = get_processor(context, job.council, row.processor)
    merchant = ids.show(row.account)
    try:
        await processor.cancel(job.idempotency_key, merchant, row.provider_id)
    except RefusedByProcessorError as error:
        authorisation = await processor.get_authorisation(merchant, row.provider_id)
        if authorisation.outcome in _OVER:  # the processor has let go of it already
            return
        raise RefusedError(str(error)) from error


async def begin_release(session: Session, council: str, payment_id: UUID) -> None:
    """Let go of a payment's money when this transaction has committed."""
    data = Release(operation=ids.show(payment_id), payment=payment_id)
    await enqueue(session, data, council=council, key=data.operation)


@handlers.effect(Expire)
async def expire(session: Session, job: Job[Expire]) -> None:
    """End a payment whose time is over. That it was confirmed just now gives it more time."""
    row = await changes.lock(session, job.council, job.data.payment)
    status = Status(row.status)
    if status not in OPEN or job.data.confirmed != (status is Status.CAPTURABLE):
        return
    if status is Status.CHALLENGED and row.card is None:  # they may have paid on the processor's page
        data = ReadChallenge(payment=row.id, is_over=True)
        await enqueue(session, data, council=job.council, key=f"{ids.show(row.id)} is over")
        return
    await changes.change(session, row, Status.EXPIRED)
    if status in WITH_HOLD:
        await begin_release(session, job.council, row.id)
