"""Queue the e-mail of a receipt, with the posting that it is of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from babel.dates import format_date

from chassis.database import Session
from chassis.messages import Channel, Email, Messages, is_recipient
from chassis.web import gettext_noop, translate
from chassis.web.languages import Language
from payments.receipts.rules import Kind, ReceiptLine, choose_kind, sum_rates
from payments.receipts.store import get_council_name
from payments.shared.amounts import format_amount

messages = Messages("payments")
_LIFE = timedelta(days=7)
_TREATMENTS = {
    "outside_scope": gettext_noop("%(text)s: %(amount)s, outside the scope of VAT"),
    "exempt": gettext_noop("%(text)s: %(amount)s, exempt from VAT"),
    "accounted": gettext_noop("%(text)s: %(amount)s, with VAT as on your invoice"),
    "suspense": gettext_noop("%(text)s: %(amount)s"),
}
_TAXED = gettext_noop("%(text)s: %(amount)s, including %(vat)s VAT at %(rate)s%%")
_KINDS = {
    Kind.VAT_RECEIPT: gettext_noop(
        "This is a VAT receipt of %(council)s, %(address)s. VAT number: %(number)s"
    ),
    Kind.WITHOUT_VAT: gettext_noop("There is no VAT in this payment. This is not a VAT invoice."),
    Kind.NO_INVOICE: gettext_noop("This is not a VAT invoice. If you need one, ask %(council)s."),
}
_RATE = gettext_noop("Total at %(rate)s%%: %(amount)s, including %(vat)s VAT")
_TEST = gettext_noop("This is a test. No money was taken.")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. Amounts in pence; ``language``: en or cy; ``card``: brand and last digits."""

    email: str = field(repr=False)
    language: Language
    is_test: bool
    amount: int
    taken_on: date
    reference: str
    description: str
    card: str
    lines: Sequence[ReceiptLine]
    address: str
    vat_number: str


async def queue_receipt(session: Session, council: str, receipt: Receipt) -> None:
    """Queue the e-mail of a receipt, unless no e-mail can go to its address: the money is posted anyway."""
    if not is_recipient(Channel.EMAIL, receipt.email):
        return
    name = await get_council_name(session, council)
    personalisation: dict[str, str | list[str]] = {
        "amount": format_amount(receipt.amount, receipt.language),
        "council": name,
        "date": format_date(receipt.taken_on, "long", locale=receipt.language),
        "reference": receipt.reference,
        "description": receipt.description,
        "card": receipt.card,
        "lines": [_write_line(line, receipt.language) for line in receipt.lines],
        "notes": _write_notes(receipt, name),
    }
    email = Email("receipt", receipt.email, receipt.language, personalisation, _LIFE)
    await messages.queue(session, email, council=council)


def _write_line(line: ReceiptLine, language: Language) -> str:
    amount = format_amount(line.amount, language)
    write = partial(translate, "payments", language, text=line.text, amount=amount)
    if line.basis_points is None:
        return write(_TREATMENTS.get(line.treatment, _TREATMENTS["suspense"]))
    return write(_TAXED, vat=format_amount(line.vat, language), rate=_format_rate(line.basis_points))


def _write_notes(receipt: Receipt, council: str) -> list[str]:
    """Write what the receipt is to the customer's VAT, and that a test is one."""
    language = receipt.language
    write = partial(translate, "payments", language)
    kind = choose_kind(receipt.lines, names_supplier=bool(receipt.address and receipt.vat_number))
    values = {"council": council, "address": receipt.address, "number": receipt.vat_number}
    rates = sum_rates(receipt.lines) if kind is Kind.VAT_RECEIPT else []
    return [
        write(_KINDS[kind], **values),
        *(
            write(
                _RATE,
                rate=_format_rate(rate.basis_points),
                amount=format_amount(rate.amount, language),
                vat=format_amount(rate.vat, language),
            )
            for rate in rates
        ),
        *([write(_TEST)] if receipt.is_test else []),
    ]


def _format_rate(basis_points: int) -> str:
    return f"{basis_points / 100:g}"
