"""The calls that change something at the provider: each is an operation, made once in effect."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, recovery
from chassis.database import Session
from chassis.jobs import CallContext, CallData, Finish, Job, JobHandlers, LongCallData, OperationData, enqueue
from chassis.problems import conflict, not_found
from payments.direct_debit.actions.service_users import Creditor, get_creditor
from payments.direct_debit.rules.charge_dates import is_in_time, is_submission_due, is_too_late
from payments.direct_debit.rules.states import WAITING, CollectionState, MandateState, can_sign
from payments.direct_debit.store import collections as collection_store
from payments.direct_debit.store import mandates as store
from payments.processors.rules import RefusedByProcessorError
from payments.shared.days import local_day, today

handlers = JobHandlers()
TRIES = 26  # of a call to the provider: they take a day
LIMIT = 30.0  # seconds
_TAKEN = {"pending_submission", "submitted", "confirmed", "paid_out"}
_MAX_REFERENCE = 10
_NOT_STATEMENT = str.maketrans("", "", " ")


class CreateRequest(OperationData):
    """Ask the provider for a mandate, whose payer is about to sign."""

    kind: ClassVar[str] = "payments.create_billing_request"
    mandate: ids.Id


class CancelMandate(OperationData):
    """Have the provider cancel a mandate."""

    kind: ClassVar[str] = "payments.cancel_mandate"
    mandate: ids.Id


class ReadCollection(CallData):
    """Read what became of a provider's payment (``provider_reads``)."""

    kind: ClassVar[str] = "payments.read_collection"
    service_user: ids.Id
    payment: str


class FetchPayouts(LongCallData):
    """Fetch a service user's payouts (``payments.reconciliation``)."""

    kind: ClassVar[str] = "payments.fetch_payouts"
    service_user: ids.Id


class SubmitCollection(OperationData):
    """Have the provider collect."""

    kind: ClassVar[str] = "payments.submit_collection"
    collection: ids.Id


async def begin_sign_up(session: Session, council: str, mandate_id: UUID) -> recovery.Operation | None:
    """Begin the visit of a payer who is to sign; None if the provider has the request. Raises Problem."""
    row = await store.lock(session, council, mandate_id)
    if row is None:
        raise not_found("mandate")
    if not can_sign(row.state, row.hold, row.provider_mandate):
        raise conflict("nothing-to-sign", "There is nothing to sign: the mandate is set up, or it is over.")
    if row.provider_request is not None:
        return None
    data = CreateRequest(operation=f"{ids.show(mandate_id)}-{row.attempt}", mandate=mandate_id)
    return await recovery.begin(session, data, council=council, seconds=LIMIT)


@handlers.call(CreateRequest, tries=TRIES, limit=LIMIT)
async def create_request(context: CallContext, job: Job[CreateRequest]) -> Finish | None:
    """Make a billing request."""
    council, mandate_id = job.council, job.data.mandate
    async with context.database.reading(council) as session:
        row = await store.find(session, council, mandate_id)
    if row is None or row.provider_request is not None:
        return None
    creditor = await get_creditor(context, council, row.service_user)
    request = await creditor.provider.create_billing_request(creditor.token, job.idempotency_key)

    async def finish(session: Session) -> None:
        locked = await store.lock(session, council, mandate_id)
        if locked is not None and locked.provider_request is None and locked.attempt == row.attempt:
            await store.update_mandate(session, council, mandate_id, {"provider_request": request})

    return finish


async def make_sign_up_url(
    context: CallContext, council: str, mandate_id: UUID, return_url: str, language: str
) -> str:
    """Make the address of the provider's page. Raises LookupError while there is no request."""
    async with context.database.reading(council) as session:
        row = await store.find(session, council, mandate_id)
    if row is None or row.provider_request is None:
        raise LookupError("the provider has no request of the mandate")
    creditor = await get_creditor(context, council, row.service_user)
    return await creditor.provider.create_flow(creditor.token, row.provider_request, return_url, language)


async def begin_cancel(session: Session, council: str, mandate_id: UUID) -> None:
    """Have the provider cancel a mandate when this transaction has committed."""
    data = CancelMandate(operation=ids.show(mandate_id), mandate=mandate_id)
    await enqueue(session, data, council=council, key=data.operation)


@handlers.call(CancelMandate, tries=TRIES, limit=LIMIT)
async def cancel_mandate(context: CallContext, job: Job[CancelMandate]) -> None:
    """Cancel a mandate that is over with us. One that is over at the provider stays so."""
    async with context.database.reading(job.council) as session:
        row = await store.find(session, job.council, job.data.mandate)
    if row is None or row.provider_mandate is None or row.state != MandateState.CANCELLED:
        return
    creditor = await get_creditor(context, job.council, row.service_user)
    try:
        await creditor.provider.cancel_mandate(creditor.token, job.idempotency_key, row.provider_mandate)
    except RefusedByProcessorError:
        return


@handlers.call(SubmitCollection, tries=TRIES, limit=LIMIT)
async def submit(context: CallContext, job: Job[SubmitCollection]) -> Finish | None:
    """Have the provider collect what is due, if its payer had notice in time."""
    council, collection_id = job.council, job.data.collection
    async with context.database.writing(council) as session:
        row = await _claim(session, council, collection_id)
        mandate = None if row is None else await store.find(session, council, row.mandate)
    if row is None or mandate is None:
        return None
    creditor = await get_creditor(context, council, row.service_user)
    try:
        payment, charge_date = await _ask(creditor, job.idempotency_key, row, mandate.provider_mandate)
        if charge_date != row.charge_date.isoformat():  # the payer was told another day
            await creditor.provider.cancel_payment(creditor.token, f"{job.idempotency_key}-cancel", payment)
            return lambda session: _stop(session, council, collection_id, "date-differs")
    except RefusedByProcessorError:
        return lambda session: _stop(session, council, collection_id, "refused-by-provider")
    return lambda session: _finish(session, council, collection_id, payment)


async def _claim(session: Session, council: str, collection_id: UUID) -> Row[Any] | None:
    """Claim a collection for its submission, or stop one that must not be submitted."""
    present = await collection_store.find(session, council, collection_id)
    mandate = None if present is None else await store.lock(session, council, present.mandate)
    row = await collection_store.lock(session, council, collection_id)
    if row is None or mandate is None or row.state == CollectionState.SUBMITTING:
        return row
    if row.state not in WAITING or not is_submission_due(today(), row.charge_date):
        return None
    is_ready = row.state == CollectionState.SCHEDULED and mandate.state == MandateState.ACTIVE
    if is_too_late(today(), row.charge_date):
        await _write(session, row, CollectionState.STOPPED, "too-late" if is_ready else "mandate-not-active")
        return None
    if not is_ready:
        return None
    if row.notice_sent_at is None or not is_in_time(
        local_day(row.notice_sent_at), row.charge_date, row.notice_days
    ):
        await _write(session, row, CollectionState.STOPPED, "notice-late")
        return None
    await _write(session, row, CollectionState.SUBMITTING, None)
    return row


async def _ask(creditor: Creditor, key: str, row: Row[Any], provider_mandate: str) -> tuple[str, str]:
    """Ask the provider to collect; return its payment's id and the day of its charge.

    A second presentation is refused once the payment is on its way: then it was asked for before.
    """
    from payments.processors.actions.gocardless import WrongStateError  # noqa: PLC0415 - it loads much code

    day = row.charge_date.isoformat()
    if row.presents is None:
        reference = row.reference.translate(_NOT_STATEMENT)[:_MAX_REFERENCE]
        payment = await creditor.provider.create_payment(
            creditor.token, key, provider_mandate, amount=row.amount, charge_date=day, reference=reference
        )
        return payment.id, payment.charge_date
    try:
        payment = await creditor.provider.retry_payment(creditor.token, key, row.provider_payment, day)
    except WrongStateError:
        payment = await creditor.provider.get_payment(creditor.token, row.provider_payment)
        if payment.status not in _TAKEN:
            raise
    return payment.id, payment.charge_date


async def _finish(session: Session, council: str, collection_id: UUID, payment: str) -> None:
    """Write that the provider has a collection, and look what it says of it by now."""
    row = await collection_store.lock(session, council, collection_id)
    if row is None or row.state != CollectionState.SUBMITTING:
        return
    values = {"provider_payment": payment, "submitted_at": clock.now()}
    await _write(session, row, CollectionState.SUBMITTED, None, **values)
    data = ReadCollection(service_user=row.service_user, payment=payment)
    await enqueue(session, data, council=council, key=payment)


async def _stop(session: Session, council: str, collection_id: UUID, reason: str) -> None:
    row = await collection_store.lock(session, council, collection_id)
    if row is not None and row.state == CollectionState.SUBMITTING:
        await _write(session, row, CollectionState.STOPPED, reason)


async def _write(
    session: Session, row: Row[Any], state: CollectionState, reason: str | None, **values: object
) -> None:
    changed = {**values, "state": state, "reason": reason, "updated_at": clock.now()}
    await collection_store.update_one(session, row.council, row.id, changed)
