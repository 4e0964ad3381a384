"""What the receipt of counter takings says: on a page that is printed, and by e-mail."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.database import ReadSession, Session
from chassis.web import gettext_noop, translate
from chassis.web.languages import Language
from chassis.web.sign_in import Staff
from payments.cash_office.actions import records
from payments.cash_office.schemas.receipts import NewReceipt
from payments.cash_office.store import receipts as store
from payments.cash_office.tables import counter_office, counter_receipt
from payments.funds.actions import baskets
from payments.receipts.actions import Receipt, ReceiptText, describe_receipt, queue_receipt
from payments.receipts.rules import ReceiptLine

_SANDBOX = "sandbox"
PAID_BY = {"cash": gettext_noop("Cash"), "cheque": gettext_noop("Cheque")}


async def queue_email(session: Session, staff: Staff, body: NewReceipt) -> None:
    """Queue the receipt of a taking to its payer, whose address is kept no longer than the message."""
    row = await records.get(session, counter_receipt, staff, body.id)
    receipt = await _make_receipt(session, staff, row, body.language, body.email or "")
    await queue_receipt(session, staff.council, receipt)


async def describe(session: ReadSession, staff: Staff, receipt_id: UUID) -> ReceiptText:
    """Write the words of a receipt, in English. Raises Problem 404."""
    row = await records.get(session, counter_receipt, staff, receipt_id)
    receipt = await _make_receipt(session, staff, row, "en", "")
    return await describe_receipt(session, staff.council, receipt)


async def note_print(session: Session, staff: Staff, receipt_id: UUID) -> bool:
    """Note that a receipt is printed; return whether it was before, so that this is a copy."""
    row = await records.lock(session, counter_receipt, staff, receipt_id)
    if row.printed_at is None:
        await records.change_plain(session, counter_receipt, staff, row, printed_at=clock.now())
    return row.printed_at is not None


async def _make_receipt(
    session: ReadSession, staff: Staff, row: Row[Any], language: Language, email: str
) -> Receipt:
    office = await records.get(session, counter_office, staff, row.office)
    lines = await store.list_lines(session, staff.council, [row.id])
    chart = await baskets.read_chart(session, staff.council, row.taken_on)
    names = {fund.id: fund.name_cy if language == "cy" else fund.name for fund in chart.funds.values()}
    return Receipt(
        email=email,
        language=language,
        is_test=row.mode == _SANDBOX,
        amount=row.amount,
        taken_on=row.taken_on,
        reference=row.number,
        description=None,
        card=translate("payments", language, PAID_BY[row.kind]),
        lines=[_to_line(line, names.get(line.fund, "")) for line in lines],
        address=office.address,
        vat_number=office.vat_number,
        template="counter-receipt",
    )


def _to_line(line: Row[Any], fund: str) -> ReceiptLine:
    text = " ".join(part for part in (line.narrative or fund, line.reference) if part)
    return ReceiptLine(text, line.amount, line.vat, line.vat_treatment, line.basis_points)
