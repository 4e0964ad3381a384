"""What a receipt may call itself. Source: SI 1995/2518 regulation 16A, HMRC VATREC16042."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_MOST_ON_VAT_RECEIPT = 25_000
"""Pence, with VAT: a dearer supply needs an invoice with the customer's name and the net amounts."""
_WITHOUT_VAT = {"outside_scope", "exempt"}
_EXEMPT = "exempt"


class Kind(StrEnum):
    """What a receipt is to the customer's VAT."""

    VAT_RECEIPT = "vat-receipt"
    WITHOUT_VAT = "without-vat"
    NO_INVOICE = "no-invoice"


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A line of what was paid: pence with VAT, the VAT in it, and its rate; None: no VAT."""

    text: str
    amount: int
    vat: int
    treatment: str
    basis_points: int | None


@dataclass(frozen=True, slots=True)
class RateTotal:
    """What was paid at a rate, in pence: with VAT, and the VAT in it."""

    basis_points: int
    amount: int
    vat: int


def sum_rates(lines: Sequence[ReceiptLine]) -> list[RateTotal]:
    """Sum the taxable lines by their rates, the highest first."""
    taxable = [line for line in lines if line.basis_points is not None]
    rates = sorted({line.basis_points or 0 for line in taxable}, reverse=True)
    return [
        RateTotal(
            rate,
            sum(line.amount for line in taxable if line.basis_points == rate),
            sum(line.vat for line in taxable if line.basis_points == rate),
        )
        for rate in rates
    ]


def choose_kind(lines: Sequence[ReceiptLine], *, names_supplier: bool, has_surcharge: bool = False) -> Kind:
    """Decide what a receipt is. ``names_supplier``: the council's address and VAT number are known.

    A surcharge is part of what it is added to, and its VAT is not told apart: with taxable lines an invoice
    is the council's to write.
    """
    treatments = {line.treatment for line in lines}
    rates = sum_rates(lines)
    if not rates:
        return Kind.WITHOUT_VAT if treatments <= _WITHOUT_VAT else Kind.NO_INVOICE
    taxable = sum(rate.amount for rate in rates)
    can_be_invoice = names_supplier and not has_surcharge
    is_vat_receipt = can_be_invoice and _EXEMPT not in treatments and taxable <= _MOST_ON_VAT_RECEIPT
    return Kind.VAT_RECEIPT if is_vat_receipt else Kind.NO_INVOICE
