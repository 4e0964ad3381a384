"""Periods that are renewed: they become the clock ``renewal``, with timers for reminders and a lapse."""

from collections.abc import Iterator
from typing import Any

from casework.documents.rules.case_types import CaseTypeDocument
from casework.documents.rules.clocks import TimerDocument
from casework.documents.rules.values import ChosenQuantity
from casework.model.rules.clocks import Quantity
from casework.shared.faults import Fault
from casework.shared.yaml_source import Source

RENEWAL = "renewal"
_LAPSE = "renewal_lapse"


def add_renewal(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Put the clock and the timers of a renewal into the document; give what keeps them from it."""
    renewal = document.renewal
    if renewal is None:
        return
    timers = {f"renewal_{name}": each for name, each in renewal.reminders.items()}
    if RENEWAL in document.clocks:
        yield source.make_fault(("clocks", RENEWAL), "the renewal makes this clock.", "Give it another id.")
    for name in sorted({_LAPSE, *timers} & set(document.timers)):
        yield source.make_fault(("timers", name), "the renewal makes this timer.", "Give it another id.")
    document.clocks = document.clocks | {RENEWAL: renewal.to_clock()}
    reminders = {
        name: TimerDocument(clock=RENEWAL, before_days=each.before_days, notify=each.notify)
        for name, each in timers.items()
    }
    document.timers = document.timers | reminders | {_LAPSE: TimerDocument(clock=RENEWAL, do=renewal.lapses)}
    for name, refund in document.fee.refunds.items() if document.fee is not None else ():
        is_shared = RENEWAL in {refund.days_left_of, refund.months_left_of}
        if is_shared and refund.of is None and not refund.of_lines:
            message = "all periods together are paid, and a share of one is given back."
            way_out = "Say `of:` what one period costs, or `of_lines:`."
            yield source.make_fault(("fee", "refunds", name), message, way_out)


def compile_renewal(document: CaseTypeDocument) -> dict[str, Any]:
    """Compile what the clock of a renewal has beside other clocks."""
    renewal = document.renewal
    if renewal is None:
        return {}
    yearly = renewal.yearly_on
    return {
        "renews_on": tuple(renewal.renews_on),
        "offered_on": tuple(renewal.offered_on or renewal.renews_on),
        "offered_days": to_quantity(renewal.offered_days),
        "yearly_on": None if yearly is None or yearly.text is None else read_day_of_year(yearly.text),
        "yearly_parameter": "" if yearly is None else yearly.parameter or "",
    }


def read_day_of_year(text: str) -> tuple[int, int]:
    """Read the month and day of ``04-01``."""
    month, _, day = text.partition("-")
    return int(month), int(day)


def to_quantity(quantity: ChosenQuantity) -> Quantity:
    """Compile a whole number."""
    table = {choice: to_quantity(each) for choice, each in quantity.table.items()}
    return Quantity(quantity.number, quantity.parameter or "", quantity.by_field or "", table)
