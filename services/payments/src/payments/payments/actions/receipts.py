"""Post the receipt of a captured payment, and tell of each of its lines."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids, outbox
from chassis.database import Session
from chassis.outbox import Event
from payments import events
from payments.funds.actions import baskets
from payments.gateway_accounts.actions import accounts
from payments.gateway_accounts.rules import AccountSettings
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Transaction
from payments.payments.rules.postings import LineAmounts
from payments.payments.rules.postings import post_receipt as make_postings
from payments.payments.store import payments as store
from payments.receipts.actions import Receipt, queue_receipt
from payments.receipts.rules import ReceiptLine
from payments.shared.card_brands import label_brand
from payments.shared.days import today


async def post_receipt(session: Session, row: Row[Any]) -> None:
    """Post a captured payment to the ledger, in the transaction that says so; nothing of nothing."""
    if row.amount + row.surcharge == 0:
        return
    lines = await store.list_lines(session, row.council, row.id)
    account = await accounts.get_by_id(session, row.council, row.account)
    transaction = Transaction(
        id=ids.new(),
        kind=Kind.RECEIPT,
        cause=row.id,
        method=account.settings.method,
        taken_on=today(),
        postings=make_postings(row.account, row.id, [to_amounts(line) for line in lines], row.surcharge),
    )
    await postings.post(session, row.council, row.mode, [transaction])
    await publish_lines(session, row, transaction.id, lines, 1)
    if account.settings.emails_receipts:
        await _queue_email(session, row, lines, account.settings)


async def _queue_email(
    session: Session, row: Row[Any], lines: Sequence[Row[Any]], settings: AccountSettings
) -> None:
    """Queue the receipt to the payer; an agreement or a telephone payment may have no address."""
    payer = await store.find_payment(session, row.council, row.id)
    if payer is None or not payer.email:
        return
    receipt = Receipt(
        email=payer.email,
        language="cy" if row.language == "cy" else "en",
        is_test=row.mode == accounts.SANDBOX,
        amount=row.amount + row.surcharge,
        surcharge=row.surcharge,
        taken_on=today(),
        reference=row.reference,
        description=row.description,
        card=f"{label_brand(row.card_brand) or ''} {payer.last_digits or ''}".strip(),
        lines=[_to_receipt_line(line, row) for line in lines],
        address=settings.address,
        vat_number=settings.vat_number,
    )
    await queue_receipt(session, row.council, receipt)


def _to_receipt_line(line: Row[Any], row: Row[Any]) -> ReceiptLine:
    has_own_reference = line.reference not in {"", row.reference}
    text = (line.narrative or row.description) + (f" ({line.reference})" if has_own_reference else "")
    return ReceiptLine(text, line.amount, line.vat, line.vat_treatment, line.basis_points)


def to_amounts(line: Row[Any]) -> LineAmounts:
    """Read what of a line is posted."""
    return LineAmounts(
        line.n,
        line.fund,
        line.is_suspense,
        line.ledger_code,
        line.reference,
        line.vat_code,
        line.amount,
        line.vat,
    )


async def publish_lines(
    session: Session,
    row: Row[Any],
    receipt: UUID,
    lines: Sequence[Row[Any]] | Sequence[LineAmounts],
    sign: int,
    method: str | None = None,
) -> None:
    """Publish an event for each line of a receipt, or with ``sign`` -1 of what is taken back.

    ``method``: instead of the account's.
    """
    codes = await baskets.find_codes(session, row.council, {line.fund for line in lines})
    account = await accounts.get_by_id(session, row.council, row.account)
    posted = [
        Event(
            events.ReceiptPosted(
                receipt=receipt,
                line=line.n,
                mode=row.mode,
                fund=codes[line.fund],
                reference=line.reference,
                amount=sign * line.amount,
                taken_on=today().isoformat(),
                method=method or account.settings.method,
                metadata=row.metadata or {},
            ),
            ids.show(receipt),
            line.n,
        )
        for line in lines
    ]
    await outbox.add_all(session, posted, council=row.council)
