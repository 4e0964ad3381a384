"""A payment as staff see it: payer, basket, postings, and what happened, in order of time."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import ReadSession
from chassis.web.sign_in import Staff
from payments.ledger.actions import postings
from payments.office.actions import requests
from payments.office.schemas import (
    PaymentDetail,
    PaymentLine,
    PaymentSummary,
    PostedAmount,
    TimelineEvent,
)
from payments.refunds import actions as refunds
from payments.search.actions import staff_search
from payments.search.actions.staff_search import Start, Timeline


async def search(
    session: ReadSession, staff: Staff, words: str, start: Start | None, fetch: int
) -> Sequence[Row[Any]]:
    """Search payments by exactly their id, e-mail address or reference; the latest without words."""
    return await staff_search.search(session, staff.council, staff.mode, words, start, fetch)


async def read(session: ReadSession, staff: Staff, payment_id: UUID) -> PaymentDetail:
    """Read a payment with all that happened to it. Raises Problem 404."""
    timeline = await staff_search.read_timeline(session, staff.council, staff.mode, payment_id)
    own_requests = await requests.list_by_subject(session, staff, payment_id)
    refund_rows = await refunds.list_by_payment(session, staff.council, payment_id)
    causes = [payment_id, *(row.id for row in (*refund_rows, *own_requests))]
    posted = await postings.list_by_causes(session, staff.council, staff.mode, causes)
    row = timeline.payment
    return PaymentDetail(
        **show(row).model_dump(),
        mode=row.mode,
        email=row.email,
        cardholder_name=row.cardholder_name,
        card_brand=row.card_brand,
        last_digits=row.last_digits,
        lines=[_show_line(line) for line in timeline.lines],
        postings=[
            PostedAmount(kind=p.kind, taken_on=p.taken_on, role=p.role, code=p.code, amount=p.amount)
            for p in posted
        ],
        timeline=sorted(_list_events(timeline, refund_rows, own_requests), key=lambda event: event.at),
    )


def show(row: Row[Any]) -> PaymentSummary:
    """Show a payment as lists have it."""
    return PaymentSummary(
        id=row.id,
        status=row.status,
        amount=row.amount + row.surcharge,
        refunded=row.refunded,
        reference=row.reference,
        description=row.description,
        created_at=row.created_at,
    )


def _show_line(line: Row[Any]) -> PaymentLine:
    return PaymentLine(
        n=line.n,
        fund=line.fund,
        reference=line.reference,
        narrative=line.narrative,
        ledger_code=line.ledger_code,
        vat_code=line.vat_code_name,
        amount=line.amount,
        vat=line.vat,
        refunded=line.refunded,
        moved=line.moved,
    )


def _list_events(
    timeline: Timeline, refund_rows: Sequence[Row[Any]], own_requests: Sequence[Row[Any]]
) -> Iterator[TimelineEvent]:
    for event in timeline.events:
        yield TimelineEvent(at=event.at, kind="state", text=event.status)
    for refund in refund_rows:
        yield TimelineEvent(
            at=refund.created_at, kind="refund", text="requested", id=refund.id, amount=refund.amount
        )
        if refund.ended_at is not None:
            yield TimelineEvent(
                at=refund.ended_at, kind="refund", text=refund.status, id=refund.id, amount=refund.amount
            )
    for request in own_requests:
        yield TimelineEvent(
            at=request.requested_at, kind="request", text=f"{request.kind} {request.status}", id=request.id,
            amount=request.amount,
        )  # fmt: skip
    for delivery in timeline.deliveries:
        text = f"{delivery.event_type} {delivery.status}, {delivery.attempts} attempts"
        yield TimelineEvent(at=delivery.created_at, kind="webhook", text=text, id=delivery.id)
