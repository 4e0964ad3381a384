"""Read from the provider what has happened: after a notification, a hint, and by the clock without one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from chassis import clock, ids
from chassis.database import Session
from chassis.jobs import (
    CallContext,
    CallData,
    Every,
    Finish,
    Job,
    JobData,
    JobHandlers,
    NewJob,
    Priority,
    Schedule,
    enqueue,
    enqueue_all,
)
from chassis.problems import Problem
from payments.direct_debit.actions import advices, mandates, receipts
from payments.direct_debit.actions.calls import FetchPayouts, ReadCollection, SubmitCollection
from payments.direct_debit.actions.service_users import (
    Creditor,
    find_secret,
    get_creditor,
    read_settings,
)
from payments.direct_debit.rules.charge_dates import LEAD
from payments.direct_debit.rules.states import MandateState, can_sign
from payments.direct_debit.store import collections as collection_store
from payments.direct_debit.store import mandates as mandate_store
from payments.direct_debit.store import service_users as store
from payments.processors.rules import ForgedNotificationError
from payments.shared.days import today
from payments.shared.working_days import add_working_days

if TYPE_CHECKING:
    from payments.processors.actions.gocardless import EventPage, ProviderEvent

handlers = JobHandlers()
_INTERVAL = 3_600  # seconds
_OVERLAP = timedelta(hours=2)  # events that the provider lists late are read a second time
_FIRST_POLL = timedelta(days=1)
_MAX_PAGES = 50
_MOST = 5_000  # things that a search begins; the next goes on
_LIMIT = 60.0  # seconds
_REFUSED = "The notification is not signed with the service user's secret."


class FindDueDebits(JobData):
    """Look for what is due: submissions, postings, events of the provider, dormant mandates."""

    kind: ClassVar[str] = "payments.find_due_debits"


class PostCollections(JobData):
    """Post collections of a service user whose day has come."""

    kind: ClassVar[str] = "payments.post_collections"
    service_user: ids.Id
    mode: str


class ExpireMandate(JobData):
    """End a mandate that is dormant."""

    kind: ClassVar[str] = "payments.expire_mandate"
    mandate: ids.Id


class PollEvents(CallData):
    """Read the provider's events since the last time: those of which no notification came, too."""

    kind: ClassVar[str] = "payments.poll_direct_debits"
    service_user: ids.Id


class ReadMandate(CallData):
    """Read what became of a mandate."""

    kind: ClassVar[str] = "payments.read_mandate"
    mandate: ids.Id


schedules = (Schedule("direct debits", Every(_INTERVAL), lambda _: FindDueDebits()),)


@handlers.effect(FindDueDebits, limit=50)
async def find_due_debits(session: Session, _: Job[FindDueDebits]) -> None:
    """Enqueue what is due, for all councils."""
    due = await collection_store.list_due(session, add_working_days(today(), LEAD), _MOST)
    charged = await collection_store.list_charged(session, today(), _MOST)
    dormant = await mandate_store.list_dormant(session, today(), _MOST)
    users = await store.list_all(session)
    jobs = [
        NewJob(
            SubmitCollection(operation=ids.show(row.id), collection=row.id),
            row.council,
            key=ids.show(row.id),
            priority=Priority.BULK,
        )
        for row in due
    ]
    jobs += [
        NewJob(
            PostCollections(service_user=row.service_user, mode=row.mode),
            row.council,
            key=ids.show(row.service_user),
        )
        for row in charged
    ]
    jobs += [NewJob(ExpireMandate(mandate=row.id), row.council, key=ids.show(row.id)) for row in dormant]
    jobs += [NewJob(PollEvents(service_user=row.id), row.council, key=ids.show(row.id)) for row in users]
    await enqueue_all(session, jobs)


@handlers.effect(PostCollections, limit=50)
async def post_collections(session: Session, job: Job[PostCollections]) -> None:
    """Post a batch, and go on with the next one if there may be more."""
    data = job.data
    number = await receipts.post_charged(session, job.council, data.service_user, data.mode)
    if number == receipts.BATCH:
        await enqueue(session, data, council=job.council, key=ids.show(data.service_user))


@handlers.effect(ExpireMandate)
async def expire_mandate(session: Session, job: Job[ExpireMandate]) -> None:
    """End a dormant mandate."""
    row = await mandate_store.lock(session, job.council, job.data.mandate)
    if row is not None and row.state in {MandateState.ACTIVE, MandateState.SUSPENDED}:
        await mandates.change_state(session, row, MandateState.EXPIRED)
        await mandates.stop_waiting(session, row, "mandate-ended")


async def receive(context: CallContext, council: str, user_id: UUID, body: bytes, signature: str) -> None:
    """Check a notification, and read again what it is about. Raises Problem 401, of strangers too."""
    from payments.processors.actions.gocardless import read_notification  # noqa: PLC0415 - it loads much code

    async with context.database.reading(council) as session:
        row = await store.find_by_id(session, council, user_id)
    secret = None if row is None else find_secret(read_settings(context), row)
    if secret is None:
        raise Problem(401, "wrong-signature", _REFUSED)
    try:
        hints = read_notification(body, signature, secret)
    except ForgedNotificationError as error:
        raise Problem(401, "wrong-signature", _REFUSED) from error
    async with context.database.writing(council) as session:
        await _look_again(session, council, user_id, hints)


async def _look_again(session: Session, council: str, user_id: UUID, hints: "list[ProviderEvent]") -> None:
    """Enqueue the reads of what events are about; each thing is read once. Others' things are left alone."""
    jobs: dict[str, NewJob] = {}
    for event in hints:
        if payment := event.links.get("payment") if event.resource == "payments" else None:
            if await collection_store.find_by_provider(session, council, user_id, payment):
                data = ReadCollection(service_user=user_id, payment=payment)
                jobs[payment] = NewJob(data, council, key=payment)
            continue
        if event.resource == "payouts":
            fetch = FetchPayouts(service_user=user_id)
            jobs["payouts"] = NewJob(fetch, council, key=ids.show(user_id), priority=Priority.BULK)
            continue
        names = {
            "mandates": ("provider_mandate", "mandate"),
            "billing_requests": ("provider_request", "billing_request"),
        }
        column, link = names.get(event.resource, ("", ""))
        if link not in event.links:
            continue
        row = await mandate_store.find_by_provider(session, council, user_id, column, event.links[link])
        if row is not None:
            jobs[ids.show(row.id)] = NewJob(ReadMandate(mandate=row.id), council, key=ids.show(row.id))
    await enqueue_all(session, list(jobs.values()))


async def begin_read(session: Session, council: str, mandate_id: UUID) -> None:
    """Read a mandate soon: its payer has come back."""
    data = ReadMandate(mandate=mandate_id)
    await enqueue(session, data, council=council, key=ids.show(mandate_id), priority=Priority.URGENT)


async def begin_reads(session: Session, council: str, user_id: UUID, payments: Sequence[str]) -> None:
    """Read payments of the provider soon: more is known of them elsewhere."""
    jobs = [
        NewJob(ReadCollection(service_user=user_id, payment=payment), council, key=payment)
        for payment in sorted(set(payments))
    ]
    await enqueue_all(session, jobs)


@handlers.call(PollEvents, limit=_LIMIT)
async def poll(context: CallContext, job: Job[PollEvents]) -> Finish | None:
    """Read the events since the last poll."""
    council, user_id = job.council, job.data.service_user
    async with context.database.reading(council) as session:
        row = await store.find_by_id(session, council, user_id)
    if row is None or row.access_token is None:
        return None
    creditor = await get_creditor(context, council, user_id)
    until = clock.now()
    since = (row.polled_until or until - _FIRST_POLL) - _OVERLAP
    hints = await _list_events(creditor, since=_format(since))

    async def finish(session: Session) -> None:
        await _look_again(session, council, user_id, hints)
        await store.save_polled(session, council, user_id, until)

    return finish


@handlers.call(ReadMandate, limit=_LIMIT)
async def read_mandate(context: CallContext, job: Job[ReadMandate]) -> Finish | None:
    """Read whether a payer has signed, and what became of the mandate since."""
    council, mandate_id = job.council, job.data.mandate
    async with context.database.reading(council) as session:
        row = await mandate_store.find(session, council, mandate_id)
    if row is None:
        return None
    creditor = await get_creditor(context, council, row.service_user)
    signed = None
    if can_sign(row.state, row.hold, row.provider_mandate) and row.provider_request is not None:
        signed = await creditor.provider.find_mandate(creditor.token, row.provider_request)
    provider_mandate = signed or row.provider_mandate
    if provider_mandate is None:
        return None
    history = await _list_events(creditor, mandate=provider_mandate)

    async def finish(session: Session) -> None:
        if signed is not None:
            await _record_signature(session, council, mandate_id, row.provider_request, signed)
        await advices.apply_mandate_events(session, council, mandate_id, history)

    return finish


async def _record_signature(
    session: Session, council: str, mandate_id: UUID, request: str, provider_mandate: str
) -> None:
    """Write the mandate that a payer gave, if it is of their last visit."""
    row = await mandate_store.lock(session, council, mandate_id)
    if row is None or row.provider_request != request:
        return
    if not can_sign(row.state, row.hold, row.provider_mandate) or row.provider_mandate == provider_mandate:
        return
    values = {"provider_mandate": provider_mandate, "signed_at": clock.now()}
    if row.state == MandateState.SUSPENDED:
        await mandates.change_state(session, row, MandateState.PENDING, **values)
    else:
        await mandate_store.update_mandate(
            session, council, mandate_id, {**values, "version": row.version + 1}
        )


@handlers.call(ReadCollection, limit=_LIMIT)
async def read_collection(context: CallContext, job: Job[ReadCollection]) -> Finish | None:
    """Read what became of a payment."""
    council, user_id = job.council, job.data.service_user
    creditor = await get_creditor(context, council, user_id)
    history = await _list_events(creditor, payment=job.data.payment)
    return lambda session: advices.apply_payment_events(session, council, user_id, history)


async def _list_events(creditor: Creditor, **query: str) -> "list[ProviderEvent]":
    """List events, the oldest first: of a resource, or since a time."""
    pages: list[EventPage] = []
    after: str | None = None
    while len(pages) < _MAX_PAGES:
        page = await creditor.provider.list_events(creditor.token, after=after, **query)
        pages.append(page)
        if page.after is None:
            break
        after = page.after
    events = [event for page in pages for event in page.events]
    return events[::-1]


def _format(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
