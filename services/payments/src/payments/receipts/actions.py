"""Queue the e-mail of a receipt, with the posting that it is of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from chassis.database import ReadSession, Session
from chassis.messages import Channel, Email, Messages, is_recipient
from chassis.web import gettext_noop, translate
from chassis.web.languages import Language
from payments.receipts.rules import Kind, ReceiptLine, choose_kind, sum_rates
from payments.receipts.store import get_council_name
from payments.shared.locales import format_amount, format_day

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
_SURCHARGE = gettext_noop("Corporate card surcharge: %(amount)s")
_TEST = gettext_noop("This is a test. No money was taken.")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. Amounts in pence; ``language``: en or cy.

    ``card``: its brand and last digits, or how else it was paid. ``description``: None where there is none.
    ``amount``: with the ``surcharge`` for a corporate card, which is of no line.
    """

    email: str = field(repr=False)
    language: Language
    is_test: bool
    amount: int
    taken_on: date
    reference: str
    description: str | None
    card: str
    lines: Sequence[ReceiptLine]
    address: str
    vat_number: str
    template: str = "receipt"
    surcharge: int = 0


@dataclass(frozen=True, slots=True)
class ReceiptText:
    """What a receipt says in words: its council, its lines, and what it is to the customer's VAT."""

    council: str
    lines: list[str]
    notes: list[str]


async def describe_receipt(session: ReadSession, council: str, receipt: Receipt) -> ReceiptText:
    """Write a receipt's words, for a page that is printed or an e-mail."""
    name = await get_council_name(session, council)
    return ReceiptText(name, _write_lines(receipt), _write_notes(receipt, name))


async def find_council_name(session: ReadSession, council: str) -> str:
    """Find a council's name, as people read it. Raises LookupError."""
    return await get_council_name(session, council)


async def queue_receipt(session: Session, council: str, receipt: Receipt) -> None:
    """Queue the e-mail of a receipt, unless no e-mail can go to its address: the money is posted anyway."""
    if not is_recipient(Channel.EMAIL, receipt.email):
        return
    words = await describe_receipt(session, council, receipt)
    personalisation: dict[str, str | list[str]] = {
        "amount": format_amount(receipt.amount, receipt.language),
        "council": words.council,
        "date": format_day(receipt.taken_on, receipt.language),
        "reference": receipt.reference,
        "card": receipt.card,
        "lines": words.lines,
        "notes": words.notes,
    }
    if receipt.description is not None:
        personalisation["description"] = receipt.description
    email = Email(receipt.template, receipt.email, receipt.language, personalisation, _LIFE)
    await messages.queue(session, email, council=council)


def _write_lines(receipt: Receipt) -> list[str]:
    lines = [_write_line(line, receipt.language) for line in receipt.lines]
    if receipt.surcharge:
        amount = format_amount(receipt.surcharge, receipt.language)
        lines.append(translate("payments", receipt.language, _SURCHARGE, amount=amount))
    return lines


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
    names_supplier = bool(receipt.address and receipt.vat_number)
    kind = choose_kind(receipt.lines, names_supplier=names_supplier, has_surcharge=receipt.surcharge > 0)
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
