"""The files of a close: the general ledger's journal and each fund's receipts, refunds and transfers.

Source: council finance, section 10. The same figures give the same bytes.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from payments.finance_settings.rules.layouts import Column, JournalLayout
from payments.ledger.rules import Role

_DATES = {
    "dd/mm/yyyy": "%d/%m/%Y",
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyymmdd": "%Y%m%d",
    "ddmmyyyy": "%d%m%Y",
    "ddmmyy": "%d%m%y",
}
_LINE_ENDING = "\r\n"  # of funds' files
_FUND_TITLES = ("receipt", "reference", "amount", "date taken", "method", "narrative")


@dataclass(frozen=True, slots=True)
class JournalSum:
    """What was posted in all to an account, with a VAT code, by a method; pence, debit positive."""

    role: str
    code: str
    vat_code: str
    method: str
    amount: int


@dataclass(frozen=True, slots=True)
class FundLine:
    """A line of a receipt, refund or transfer; pence, gross, negative if it goes back."""

    receipt: str
    reference: str
    amount: int
    taken_on: date
    method: str
    narrative: str


@dataclass(frozen=True, slots=True)
class Export:
    """A file with its lines and their total: of the journal that of the debits."""

    content: bytes
    lines: int
    total: int


def write_journal(layout: JournalLayout, number: int, day: date, sums: Sequence[JournalSum]) -> Export:
    """Write the journal of a close. Raises ValueError if debits and credits differ."""
    lines = [line for line in _merge(layout, sums) if line["amount"]]
    debits = sum(line["debit"] for line in lines)
    credits_ = sum(line["credit"] for line in lines)
    if debits != credits_:
        raise ValueError(f"the journal's debits are {debits} pence and its credits {credits_}")
    common = {
        "source": layout.source,
        "journal_number": str(number),
        "date": day.strftime(_DATES[layout.dates]),
        "period": str((day.month - layout.year_begins_in) % 12 + 1),
        "narrative": f"Receipts {day.strftime('%d/%m/%Y')}",
        "count": str(len(lines)),
        "total": _write_amount(layout, debits),
    }
    titles = [[column.title or column.member for column in layout.lines]] if layout.has_titles else []
    records = [
        *_write_record(layout.header, common),
        *titles,
        *(
            record
            for line in lines
            for record in _write_record(layout.lines, common | _to_texts(layout, line))
        ),
        *_write_record(layout.trailer, common),
    ]
    return Export(_write_csv(records, layout.separator, layout.line_ending), len(lines), debits)


def _merge(layout: JournalLayout, sums: Iterable[JournalSum]) -> list[dict[str, Any]]:
    """Add up what has one ledger code, VAT code and method, and say which side it is on."""
    totals: dict[tuple[str, str, str], int] = {}
    for item in sums:
        code = item.code if item.role == Role.FUND else layout.codes.get(Role(item.role), item.role.upper())
        key = (code, item.vat_code, item.method)
        totals[key] = totals.get(key, 0) + item.amount
    return [
        {
            "ledger_code": code,
            "vat_code": vat_code,
            "method": method,
            "amount": amount,
            "debit": max(amount, 0),
            "credit": max(-amount, 0),
        }
        for (code, vat_code, method), amount in sorted(totals.items())
    ]


def _to_texts(layout: JournalLayout, line: Mapping[str, Any]) -> dict[str, str]:
    sign = 1 if layout.sign == "debit_positive" else -1
    return {
        **{name: line[name] for name in ("ledger_code", "vat_code", "method")},
        "amount": _write_amount(layout, sign * line["amount"]),
        "debit": _write_amount(layout, line["debit"]) if line["debit"] else "",
        "credit": _write_amount(layout, line["credit"]) if line["credit"] else "",
    }


def _write_record(columns: Sequence[Column], texts: Mapping[str, str]) -> list[list[str]]:
    record = [column.text if column.member == "constant" else texts[column.member] for column in columns]
    return [record] if record else []


def _write_amount(layout: JournalLayout, pence: int) -> str:
    return str(pence) if layout.amounts == "pence" else write_pounds(pence)


def write_pounds(pence: int) -> str:
    """Write pence as pounds, without a separator of thousands: ``-1234.05``."""
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02}"


def write_fund_titles() -> bytes:
    """Write the headings of a fund's file."""
    return _write_csv([_FUND_TITLES], ",", _LINE_ENDING)


def write_fund_lines(lines: Iterable[FundLine]) -> bytes:
    """Write lines of a fund's file."""
    records = (
        [
            line.receipt,
            line.reference,
            write_pounds(line.amount),
            line.taken_on.strftime("%d/%m/%Y"),
            line.method,
            line.narrative,
        ]
        for line in lines
    )
    return _write_csv(records, ",", _LINE_ENDING)


def write_fund_end(lines: int, total: int) -> bytes:
    """Write the trailer of a fund's file: how many lines it has, and their total."""
    return _write_csv([["TOTAL", str(lines), write_pounds(total)]], ",", _LINE_ENDING)


def _write_csv(records: Iterable[Sequence[str]], separator: str, line_ending: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=line_ending).writerows(records)
    return text.getvalue().encode()
