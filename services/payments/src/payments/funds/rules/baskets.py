"""A basket: the lines of one payment, checked against the council's funds. All lines are taken, or none.

The caller names a fund by its id or its code. The lines' VAT is ours; a caller who sends their own may be a
penny off, since tills round differently, and then theirs is kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from payments.funds.rules.charts import SUSPENSE, TRANSFER, Chart, Fund, VatCode
from payments.shared import references
from payments.shared.card_numbers import has_card_number
from payments.shared.money import compute_vat

MAX_LINES = 50
_PENNY = 1
_CARD = "has a card number in it, which we must not store; leave it out"


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """A line as a caller sends it. ``fund`` and ``vat_code`` are ids or codes."""

    fund: UUID | str
    amount: int
    reference: str = ""
    ledger_code: str | None = None
    vat_code: UUID | str | None = None
    vat: int | None = None
    narrative: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is taken and kept: the VAT code and its rate stay as they were on the day."""

    fund_id: UUID
    fund_code: str
    is_suspense: bool
    ledger_code: str
    reference: str
    vat_code_id: UUID
    vat_code: str
    vat_treatment: str
    basis_points: int | None
    amount: int
    vat: int
    narrative: str
    refund_spread: str
    retention_months: int


@dataclass(frozen=True, slots=True)
class Basket:
    """The lines of a payment, which sum to its amount."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: ``field`` is its path, such as ``lines.2.reference``."""

    field: str
    code: str
    message: str


def check_basket(
    chart: Chart, amount: int, lines: Sequence[RequestedLine], *, staff: bool
) -> Basket | list[Fault]:
    """Check the lines of a payment: the basket, or every fault of it.

    ``staff``: finance staff may repeat a reference and book to suspense and transfers, the public may not.
    """
    if not 1 <= len(lines) <= MAX_LINES:
        return [Fault("lines", "wrong_number", f"a payment has 1 to {MAX_LINES} lines")]
    accepted: list[Line] = []
    faults: list[Fault] = []
    for number, requested in enumerate(lines):
        outcome = check_line(chart, requested, f"lines.{number}", staff=staff)
        if isinstance(outcome, Line):
            accepted.append(outcome)
        else:
            faults += outcome
    total = sum(line.amount for line in lines)
    if total != amount:
        faults.append(Fault("lines", "wrong_sum", f"the lines sum to {total}, and the amount is {amount}"))
    if not faults and not staff:
        faults += _list_repeated(accepted)
    return faults or Basket(tuple(accepted))


def check_line(
    chart: Chart, requested: RequestedLine, path: str, *, staff: bool = False
) -> Line | list[Fault]:
    """Check one line: the line as it is taken, or its faults."""
    fund = _find_fund(chart, requested.fund, f"{path}.fund", staff=staff)
    if isinstance(fund, Fault):
        return [fund]
    vat_code = _find_vat_code(chart, fund, requested.vat_code, f"{path}.vat_code")
    if isinstance(vat_code, Fault):
        return [vat_code]
    rule = fund.parse_rule()
    line = Line(
        fund_id=fund.id,
        fund_code=fund.code,
        is_suspense=fund.kind == SUSPENSE,
        ledger_code=requested.ledger_code or fund.ledger_code,
        reference=references.normalise(requested.reference, rule),
        vat_code_id=vat_code.id,
        vat_code=vat_code.code,
        vat_treatment=vat_code.treatment,
        basis_points=vat_code.basis_points,
        amount=requested.amount,
        vat=compute_vat(requested.amount, vat_code.basis_points) if requested.vat is None else requested.vat,
        narrative=requested.narrative,
        refund_spread=fund.refund_spread,
        retention_months=fund.retention_months,
    )
    return list(_list_faults(fund, line, path, rule)) or line


def place_whole(
    chart: Chart, amount: int, reference: str, candidates: Sequence[UUID | str | None]
) -> Basket | list[Fault]:
    """Make the basket of a payment without lines: one line of the first fund that takes it, or of suspense.

    Only a card number in the reference is a fault, and a council without a suspense fund.
    """
    if has_card_number(reference):
        return [Fault("reference", "card_number", _CARD)]
    for candidate in candidates:
        if candidate is not None:
            outcome = check_line(chart, RequestedLine(candidate, amount, reference), "")
            if isinstance(outcome, Line):
                return Basket((outcome,))
    suspense = chart.get_suspense()
    if suspense is None:
        return [Fault("", "no_suspense_fund", "the council has no suspense fund")]
    requested = RequestedLine(suspense.id, amount, references.normalise(reference))
    outcome = check_line(chart, requested, "", staff=True)
    return Basket((outcome,)) if isinstance(outcome, Line) else outcome


def check_reference(fund: Fund, text: str) -> tuple[str, references.Fault | None]:
    """Write a text as the fund has its references, with why it is none of them; a card number is left out.

    Nothing here knows whether an account exists: a stranger must not learn who owes.
    """
    if has_card_number(text):
        return "", references.Fault("card_number", _CARD)
    rule = fund.parse_rule()
    reference = references.normalise(text, rule)
    return reference, references.find_fault(reference, rule) if rule is not None else None


def _find_fund(chart: Chart, name: UUID | str, path: str, *, staff: bool) -> Fund | Fault:
    if isinstance(name, UUID):
        funds = [chart.funds[name]] if name in chart.funds else []
    else:
        funds = chart.list_funds(name)
    if not funds:
        return Fault(path, "no_fund", "is no fund that takes money on this day")
    if len(funds) > 1:
        return Fault(path, "several_funds", "is the code of several funds; name one by its id")
    if funds[0].kind in {SUSPENSE, TRANSFER} and not staff:
        return Fault(path, "not_open", "is a fund that only finance staff book to")
    return funds[0]


def _find_vat_code(chart: Chart, fund: Fund, name: UUID | str | None, path: str) -> VatCode | Fault:
    expected = chart.vat_codes[fund.vat_code]
    if fund.kind == SUSPENSE:  # a liability and never income, whatever its code says
        return replace(expected, has_rate=True, basis_points=None)
    if name is None:
        codes = [expected]
    elif isinstance(name, UUID):
        codes = [chart.vat_codes[name]] if name in chart.vat_codes else []
    else:
        codes = chart.list_vat_codes(name) if name != expected.code else [expected]
    if len(codes) != 1:
        return Fault(path, "no_vat_code", "is no VAT code of the council, or of several: name it by its id")
    if codes[0].id != expected.id and not fund.vat_override:
        return Fault(path, "fixed_vat_code", f"is not that of the fund, {expected.code}; leave it out")
    if not codes[0].has_rate:
        return Fault(path, "no_vat_rate", f"has no rate on this day: {codes[0].code} begins later")
    return codes[0]


def _list_faults(fund: Fund, line: Line, path: str, rule: references.Rule | None) -> Iterator[Fault]:
    if fund.max_amount is not None and line.amount > fund.max_amount:
        message = f"is more than the {fund.max_amount} that a line of this fund may have"
        yield Fault(f"{path}.amount", "too_much", message)
    expected = compute_vat(line.amount, line.basis_points)
    tolerance = _PENNY if line.basis_points else 0
    if abs(line.vat - expected) > tolerance or not 0 <= line.vat <= line.amount:
        yield Fault(f"{path}.vat", "wrong_vat", f"is not the VAT of this amount, which is {expected}")
    wrong = references.find_fault(line.reference, rule) if rule is not None else None
    if wrong is not None:
        message = f"is not a reference of {fund.name}: it {wrong.message}. {fund.help}".strip()
        yield Fault(f"{path}.reference", wrong.code, message)
    elif has_card_number(line.reference):
        yield Fault(f"{path}.reference", "card_number", _CARD)
    if has_card_number(line.narrative):
        yield Fault(f"{path}.narrative", "card_number", _CARD)


def _list_repeated(lines: Sequence[Line]) -> Iterator[Fault]:
    """List the lines whose reference an earlier line of the same fund has."""
    earlier: set[tuple[UUID, str]] = set()
    for number, line in enumerate(lines):
        key = (line.fund_id, line.reference)
        if line.reference and key in earlier:
            message = "is in this basket already; pay it once, with the whole amount"
            yield Fault(f"lines.{number}.reference", "repeated", message)
        earlier.add(key)
