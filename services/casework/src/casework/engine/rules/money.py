"""The money of a case: what is charged, what is to be given back, and what payments gave back.

``charged`` and ``paid`` are net of refunds. No money moves here: a refund is due until payments has made it.
"""

from collections.abc import Collection, Sequence
from datetime import date

from casework.engine.rules.draft import Draft
from casework.model.rules.case_state import ChargedLine, ClockChange, ClockEvent
from casework.model.rules.case_type import Fee, FeeLine, Refund, RefundShare
from casework.model.rules.clocks import Quantity
from casework.model.rules.prices import find_price
from casework.shared.days import DAY, find_local_day
from casework.shared.expressions import Expression
from casework.shared.words import Words

_MOST_PENCE = 10**9
_MONTHS = 12
_NO_AMOUNT = Words(
    "The fee cannot be worked out, as something about the case is not known.",
    "Ni ellir cyfrifo'r ffi, gan nad yw rhywbeth am yr achos yn hysbys.",
)
_NO_REFUND = Words(
    "No money of this case can have gone back.", "Ni all arian o'r achos hwn fod wedi mynd yn ôl."
)
_STARTS = {ClockChange.START, ClockChange.RESTART}


def update_money(draft: Draft, happenings: Collection[str]) -> None:
    """Charge the fee, or say what is to be given back, as what happened asks."""
    fee = draft.case_type.fee
    if fee is None:
        return
    if not fee_happens(fee.on, happenings):
        _give_back(draft, fee, happenings)
        return
    lines = _charge(draft, fee)
    if lines is not None:
        unpaid = list_unpaid(draft.fee_lines, draft.charged - draft.paid)
        draft.charged += sum(line.pence for line in lines)
        draft.fee_lines = (*unpaid, *lines)


def _charge(draft: Draft, fee: Fee) -> tuple[ChargedLine, ...] | None:
    """Work out the lines; None, and the act refused, if one of them cannot be."""
    lines: list[ChargedLine | None] = []
    for line in fee.lines:
        rule = f"fee.lines.{line.id}" if line.id else "fee"
        if line.when is not None and draft.weigh(f"{rule}.when", line.when) is not True:
            continue
        pence = _find_line(draft, rule, line, find_local_day(draft.act.counted_at))
        if pence is None:
            lines.append(None)
        elif pence:
            lines.append(_make_line(draft, line, pence))
    whole = tuple(line for line in lines if line is not None)
    return whole if len(whole) == len(lines) else None


def _make_line(draft: Draft, line: FeeLine, pence: int) -> ChargedLine:
    price = draft.bound.prices.get(line.id)
    name = line.name if price is None or price.name is None else price.name
    fund, vat_code = draft.find_text(line.fund), draft.find_text(line.vat_code)
    return ChargedLine(line.id, fund, vat_code, name.en, name.cy, pence)


def _find_line(draft: Draft, rule: str, line: FeeLine, day: date) -> int | None:
    """Find what a line comes to on a day; None, and the act refused, if that cannot be worked out."""
    each, times = _find_each(draft, rule, line, day), 1
    if line.times is not None:
        value = draft.evaluate(f"{rule}.times", line.times).value
        if type(value) is not int:
            draft.refuse(f"{rule}.times", _NO_AMOUNT)
            return None
        times = max(0, value)
    if each is not None and each * times > _MOST_PENCE:
        draft.refuse(f"{rule}.times", _NO_AMOUNT, f"{each * times} pence")
        return None
    return None if each is None else each * times


def _find_each(draft: Draft, rule: str, line: FeeLine, day: date) -> int | None:
    """Find what one of a line costs: by the council's prices, if it has set any."""
    if not draft.bound.prices or line.amount is None:
        return _find_pence(draft, f"{rule}.amount", line.amount, line.formula)
    price = draft.bound.prices.get(line.id)
    if price is None:
        return 0
    number = draft.fields.get(line.by)
    pence = find_price(price, day, number)
    draft.note(f"{rule}.price", holds=pence is not None, day=day.isoformat(), number=number, pence=pence)
    if pence is None:
        draft.refuse(f"{rule}.price", _NO_AMOUNT)
    return pence


def list_unpaid(lines: Sequence[ChargedLine], due: int) -> tuple[ChargedLine, ...]:
    """List what of the lines is still due: what was paid, paid the first of them first.

    Where the lines do not explain all that is due, as of a fee charged before there were lines, the rest
    stands first, as the last line's.
    """
    if due <= 0 or not lines:
        return ()
    paid = sum(line.pence for line in lines) - due
    unpaid = [lines[-1]._replace(pence=-paid)] if paid < 0 else []
    for line in lines:
        covered = min(max(0, paid), line.pence)
        paid -= covered
        if line.pence > covered:
            unpaid.append(line._replace(pence=line.pence - covered))
    return tuple(unpaid)


def merge_by_fund(lines: Sequence[ChargedLine]) -> tuple[ChargedLine, ...]:
    """Merge the lines of a fund and VAT code into one, with all their names.

    A basket of payments has one line for a reference in a fund, and all of a case's have its reference.
    """
    merged: dict[tuple[str, str], ChargedLine] = {}
    for line in lines:
        first = merged.get(key := (line.fund, line.vat_code))
        merged[key] = line if first is None else _add_line(first, line)
    return tuple(merged.values())


def _add_line(first: ChargedLine, line: ChargedLine) -> ChargedLine:
    return first._replace(
        name_en=f"{first.name_en}, {line.name_en}",
        name_cy=f"{first.name_cy}, {line.name_cy}",
        pence=first.pence + line.pence,
    )


def fee_happens(causes: tuple[str, ...], happenings: Collection[str]) -> bool:
    """Check whether one of the causes happened."""
    return any(cause in happenings for cause in causes)


def record_refund(draft: Draft) -> None:
    """Record money that payments gave back. What was not due was given back beside the case's rules."""
    amount = draft.act.data.get("refund_amount")
    if type(amount) is not int or amount <= 0 or not draft.paid + draft.refund_due:
        draft.refuse("refund", _NO_REFUND)
        return
    expected = min(amount, draft.refund_due)
    draft.refund_due -= expected
    draft.paid = max(0, draft.paid - (amount - expected))
    draft.refunded += amount
    draft.note("refund", holds=True, amount=amount, expected=expected)


def _find_pence(draft: Draft, rule: str, amount: Quantity | None, formula: Expression | None) -> int | None:
    """Find an amount; None, and the act refused, if it is not known or cannot be a sum of money."""
    pence: int | None = None
    if formula is not None:
        outcome = draft.evaluate(rule, formula)
        pence = outcome.value if type(outcome.value) is int else None
    elif amount is not None:
        pence = draft.find_quantity(amount)
    if pence is None or not 0 <= pence <= _MOST_PENCE:
        draft.refuse(rule, _NO_AMOUNT, "" if pence is None else f"{pence} pence")
        return None
    return pence


def _give_back(draft: Draft, fee: Fee, happenings: Collection[str]) -> None:
    after = draft.due_dates
    # An act that ends the case stops its clocks: a refund looks at them as they were before it.
    draft.due_dates = {**draft.before.due_dates, **after}
    for refund in fee.refunds:
        rule = f"fee.refunds.{refund.id}"
        if not fee_happens(refund.on, happenings):
            continue
        if refund.when is None or draft.weigh(f"{rule}.when", refund.when):
            _give_back_part(draft, refund, rule)
            break
    draft.due_dates = after


def _give_back_part(draft: Draft, refund: Refund, rule: str) -> None:
    pence = _find_part(draft, refund, rule)
    less = 0 if refund.less is None else _find_pence(draft, f"{rule}.less", refund.less, None)
    if pence is None or less is None:
        return
    pence = min(max(0, pence - less), draft.paid)
    draft.note(rule, holds=True, paid=draft.paid, refund=pence)
    draft.refund += pence
    draft.refund_due += pence
    draft.paid -= pence
    is_all = refund.share is RefundShare.ALL and not less
    draft.charged = 0 if is_all else max(0, draft.charged - pence)


def _find_part(draft: Draft, refund: Refund, rule: str) -> int | None:
    if refund.share is RefundShare.ALL:
        return draft.paid
    shared = _find_shared(draft, refund, rule)
    if shared is None:
        return None
    if not refund.clock:
        return _find_pence(draft, rule, refund.amount, refund.formula)
    left, whole = _measure(draft, refund)
    draft.note(f"{rule}.left", holds=left > 0, left=left, whole=whole)
    return shared * left // whole if whole else 0


def _find_shared(draft: Draft, refund: Refund, rule: str) -> int | None:
    """Find the pence of which a part is given back; None, and the act refused, if they are not known."""
    fee = draft.case_type.fee
    if not refund.of_lines or fee is None:
        return draft.paid if refund.of is None else _find_pence(draft, f"{rule}.of", refund.of, None)
    start = _find_start(draft, refund.clock)
    day = find_local_day(draft.act.counted_at if start is None else start.at)
    shared: int | None = 0
    for line in fee.lines:
        place = f"{rule}.of_lines.{line.id}"
        if line.id not in refund.of_lines or (line.when is not None and not draft.weigh(place, line.when)):
            continue
        pence = _find_line(draft, place, line, day)
        shared = None if pence is None or shared is None else shared + pence
    return shared


def _find_start(draft: Draft, clock: str) -> ClockEvent | None:
    starts = [event for event in draft.clocks.get(clock, ()) if event.change in _STARTS]
    return starts[-1] if starts else None


def _measure(draft: Draft, refund: Refund) -> tuple[int, int]:
    """Measure what is left of a clock and the whole of it, in days or whole months; 0 and 0 if none runs."""
    due = draft.due_dates.get(refund.clock)
    start = _find_start(draft, refund.clock)
    if due is None or start is None:
        return 0, 0
    first = start.on or find_local_day(start.at)
    if draft.case_type.clocks[refund.clock].law.first_day != "inclusive":
        first += DAY
    rest = max(first, find_local_day(draft.act.counted_at) + DAY)
    count = _count_months if refund.share is RefundShare.MONTHS_LEFT else _count_days
    return count(rest, due.on + DAY), count(first, due.on + DAY)


def _count_days(first: date, end: date) -> int:
    return max(0, (end - first).days)


def _count_months(first: date, end: date) -> int:
    """Count whole months: from 31 January to 28 February is one, as both are a month's last day."""
    months = (end.year - first.year) * _MONTHS + end.month - first.month
    is_last_day = (end + DAY).month != end.month
    return max(0, months if end.day >= first.day or is_last_day else months - 1)
