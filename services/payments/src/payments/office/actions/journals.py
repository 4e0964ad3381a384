"""Journals: proposed by one person, posted when another approves; taken back the same way."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids, outbox
from chassis.database import Session
from chassis.outbox import Event
from chassis.problems import Problem, not_found
from chassis.web.sign_in import Staff
from payments import events
from payments.funds.actions import baskets
from payments.funds.rules.baskets import Basket
from payments.funds.schemas.baskets import NewLine
from payments.ledger.actions import postings
from payments.ledger.rules import Kind as Posted
from payments.ledger.rules import Role, Transaction
from payments.office.actions import journal_sources, requests
from payments.office.actions.journal_sources import Source
from payments.office.rules.journals import MOVED_IN, MOVED_OUT, OUT_OF_SUSPENSE, TRANSFER, post_journal
from payments.office.rules.requests import Kind, Status
from payments.office.schemas import NewJournal, NewRequest
from payments.payments.rules.postings import LineAmounts
from payments.shared.days import today


async def propose(session: Session, staff: Staff, body: NewJournal) -> UUID:
    """Ask a second person to move money. Sent again with its id it is one request.

    Raises Problem 403, 404, 409, 422.
    """
    requests.require_person(staff)
    requests.check_words(body.reason, body.note)
    amount = sum(line.amount for line in body.lines)
    source = await journal_sources.lock(session, staff, body.item, body.line, amount)
    requests.require_other_account(staff, source.email)
    await _resolve(session, staff.council, body.lines)
    lines = [line.model_dump(mode="json", exclude_none=True) for line in body.lines]
    values = {"reason": body.reason, "note": body.note, "content": {"lines": lines}, "line": body.line}
    return await _insert(session, staff, body.id, Kind.JOURNAL, body.item, amount, values)


async def propose_undo(session: Session, staff: Staff, journal_id: UUID, body: NewRequest) -> UUID:
    """Ask a second person to take a journal back, as a whole. Raises Problem 403, 404, 409, 422."""
    requests.require_person(staff)
    requests.check_words(body.reason, body.note)
    journal = await _get_journal(session, staff, journal_id)
    await _require_posted(session, staff, journal)
    values = {"reason": body.reason, "note": body.note, "content": {}}
    return await _insert(session, staff, body.id, Kind.UNDO, journal_id, journal.amount, values)


async def approve(session: Session, staff: Staff, row: Row[Any]) -> None:
    """Approve a locked request: the journal is posted. Raises Problem 403, 404, 422."""
    source = await journal_sources.lock(session, staff, row.subject, row.line, row.amount)
    requests.require_other_account(staff, source.email)
    lines = [NewLine.model_validate(line) for line in row.content["lines"]]
    basket = await _resolve(session, staff.council, lines)
    targets = _to_amounts(basket)
    transaction = Transaction(
        ids.new(),
        Posted.TRANSFER,
        row.id,
        TRANSFER if row.line else OUT_OF_SUSPENSE,
        today(),  # a day that is over may be closed, and takes no posting
        post_journal(row.subject, source.lines, targets),
    )
    await postings.post(session, staff.council, staff.mode, [transaction])
    await journal_sources.move(session, staff.council, source, 1)
    await _publish(session, staff, source, transaction, targets)
    await requests.approve(session, staff, row, transaction.id)


async def approve_undo(session: Session, staff: Staff, row: Row[Any]) -> None:
    """Approve a locked request: the journal's postings are reversed. Raises Problem 404, 409."""
    journal = await requests.lock(session, staff, row.subject)
    transaction = await _require_posted(session, staff, journal)
    vat = sum(p.amount for p in transaction.postings if p.account.role is Role.VAT and p.amount > 0)
    source = await journal_sources.lock_moved(session, staff, journal, vat)
    requests.require_other_account(staff, source.email)
    reversal = await postings.post_reversal(
        session, staff.council, staff.mode, journal.id, Posted.TRANSFER, today()
    )
    await journal_sources.move(session, staff.council, source, -1)
    await requests.approve(session, staff, row, reversal)


async def _insert(
    session: Session, staff: Staff, request_id: UUID, kind: Kind, subject: UUID, amount: int, values: Any
) -> UUID:
    earlier = await requests.find(session, staff, request_id)
    if earlier is not None and earlier.requested_by == staff.subject and earlier.subject == subject:
        return request_id
    await requests.insert(
        session, staff, requests.make_row(staff, request_id, kind, subject, amount, **values)
    )
    return request_id


async def _get_journal(session: Session, staff: Staff, journal_id: UUID) -> Row[Any]:
    journal = await requests.get(session, staff, journal_id)
    if journal.kind != Kind.JOURNAL or journal.status != Status.APPROVED:
        raise not_found("journal")
    return journal


async def _require_posted(session: Session, staff: Staff, journal: Row[Any]) -> Transaction:
    """Require that a journal is posted and not taken back. Raises Problem 404, 409."""
    transaction = await postings.find_transaction(
        session, staff.council, staff.mode, journal.id, Posted.TRANSFER
    )
    if transaction is None:
        raise not_found("journal")
    if await postings.find_transaction(session, staff.council, staff.mode, journal.id, Posted.REVERSAL):
        raise Problem(409, "journal-undone", "This journal was taken back before. Nothing was changed.")
    return transaction


async def _resolve(session: Session, council: str, lines: list[NewLine]) -> Basket:
    """Check the lines as finance staff may book them, but not back to suspense. Raises Problem 422."""
    total = sum(line.amount for line in lines)
    basket = await baskets.resolve_basket(session, council, today(), amount=total, lines=lines, staff=True)
    if any(line.is_suspense for line in basket.lines):
        raise Problem(422, "suspense", "Name the fund where the money belongs.", field="lines")
    return basket


def _to_amounts(basket: Basket) -> list[LineAmounts]:
    return [
        LineAmounts(
            n,
            line.fund_id,
            line.is_suspense,
            line.ledger_code,
            line.reference,
            line.vat_code_id,
            line.amount,
            line.vat,
        )
        for n, line in enumerate(basket.lines, 1)
    ]


async def _publish(
    session: Session, staff: Staff, source: Source, transaction: Transaction, targets: list[LineAmounts]
) -> None:
    """Publish each line: taken from the sources, come to the targets."""
    moved = [(line, -1, MOVED_OUT) for line in source.lines] + [(line, 1, MOVED_IN) for line in targets]
    codes = await baskets.find_codes(session, staff.council, {line.fund for line, _, _ in moved})
    posted = [
        Event(
            events.ReceiptPosted(
                receipt=transaction.id,
                line=number,
                mode=staff.mode,
                fund=codes.get(line.fund, ""),
                reference=line.reference,
                amount=sign * line.amount,
                taken_on=transaction.taken_on.isoformat(),
                method=method,
            ),
            ids.show(transaction.id),
            number,
        )
        for number, (line, sign, method) in enumerate(moved, 1)
    ]
    await outbox.add_all(session, posted, council=staff.council)
