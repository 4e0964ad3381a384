"""MT940 statements (SWIFT), read by the library ``mt-940`` with what it leaves to the caller checked.

Source of the tags: SWIFT MT 940 Customer Statement Message.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import mt940
from mt940.models import Transactions

from payments.bank_files.rules import statements as bank_files
from payments.bank_files.rules.statements import FileFaultError, Statement, StatementLine

# The library logs the text of lines that it cannot read: what people wrote in their transfers.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)
_TAG = re.compile(r":(\d\d[A-Z]?):")
_OPTIONS = mt940.Options(reversal_sign=True, unbounded_details=True)
_MAX_FIELD = 2_000
_NO_REFERENCE = {"NONREF", "NOTPROVIDED"}


@dataclass(frozen=True, slots=True)
class _Field:
    line: int
    tag: str
    text: str


def read(content: bytes) -> list[Statement]:
    """Read the statements of a file. Raises FileFaultError."""
    return [_read_block(block) for block in _split(bank_files.decode(content))]


def _split(text: str) -> Iterator[list[_Field]]:
    """Split a file into statements, side begin with the tag 20, and these into fields."""
    block: list[_Field] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        tag = _TAG.match(line)
        if tag and tag[1] == "20" and block:
            yield block
            block = []
        if tag:
            block.append(_Field(number, tag[1], line))
        elif line.strip() in {"", "-"} or line.startswith(("{", "-}")):
            continue
        elif not block:
            raise FileFaultError(number, "tag", "is missing: the file does not begin with :20:")
        else:
            last = block[-1]
            block[-1] = _Field(last.line, last.tag, f"{last.text}\n{line}")
        if block and len(block[-1].text) > _MAX_FIELD:
            raise FileFaultError(number, f":{block[-1].tag}:", "is too long")
    if block:
        yield block


def _read_block(block: Sequence[_Field]) -> Statement:
    start = block[0].line
    by_tag = {field.tag: field for field in block}
    for tag in ("20", "25", "28C"):
        if tag not in by_tag:
            raise FileFaultError(start, f":{tag}:", "is missing")
    parsed = _parse(block)
    lines = [field for field in block if field.tag == "61"]
    if len(parsed.transactions) != len(lines):
        raise FileFaultError(
            start, ":61:", f"are {len(lines)}, of side {len(parsed.transactions)} can be read"
        )
    opening = _find_balance(parsed, start, "opening")
    closing = _find_balance(parsed, start, "closing")
    number = by_tag["28C"].text.removeprefix(":28C:").strip()
    return Statement(
        file_line=start,
        account=bank_files.read_account(by_tag["25"].text.removeprefix(":25:"), by_tag["25"].line, ":25:"),
        identity=bank_files.clean_text(number, closing[1].isoformat())[:100],  # numbers begin anew each year
        from_date=opening[1],
        to_date=closing[1],
        opening=opening[0],
        closing=closing[0],
        lines=[
            _read_line(transaction.data, field.line)
            for transaction, field in zip(parsed.transactions, lines, strict=True)
        ],
    )


def _parse(block: Sequence[_Field]) -> Transactions:
    """Parse a statement. Raises FileFaultError for the first field that the library cannot read."""
    parsed = Transactions(options=_OPTIONS)
    try:
        parsed.parse("\n".join(field.text for field in block))
    except Exception:  # noqa: BLE001 - it raises whatever a regular expression or a conversion does
        fault = next((field for field in block if not _can_read(field)), block[0])
        raise FileFaultError(fault.line, f":{fault.tag}:", "cannot be read") from None
    return parsed


def _can_read(field: _Field) -> bool:
    try:
        Transactions(options=_OPTIONS).parse(field.text)
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def _find_balance(parsed: Transactions, line: int, side: str) -> tuple[int, date]:
    """Find a balance: the final one, or the intermediate one of a statement in several messages."""
    balance: Any = parsed.data.get(f"final_{side}_balance") or parsed.data.get(f"intermediate_{side}_balance")
    if balance is None:
        tag = "60F" if side == "opening" else "62F"
        raise FileFaultError(line, f":{tag}:", "is missing")
    field = f"{side} balance"
    bank_files.check_currency(balance.amount.currency, line, field)
    return _to_pence(balance.amount.amount, line, field), bank_files.check_date(
        _plain(balance.date), line, field
    )


def _read_line(data: dict[str, Any], line: int) -> StatementLine:
    value_on = bank_files.check_date(_plain(data["date"]), line, ":61: value date")
    booked_on = _plain(data.get("entry_date") or data["date"])
    reference = data.get("customer_reference") or ""
    return StatementLine(
        file_line=line,
        amount=_to_pence(data["amount"].amount, line, ":61: amount"),
        booked_on=bank_files.check_date(booked_on, line, ":61: entry date"),
        value_on=value_on,
        reference=bank_files.clean_text("" if reference in _NO_REFERENCE else reference),
        text=bank_files.clean_text(data.get("transaction_details"), data.get("extra_details")),
    )


def _to_pence(amount: Any, line: int, field: str) -> int:
    sign = -1 if amount < 0 else 1
    return sign * bank_files.read_pence(f"{abs(amount):f}", line, field)


def _plain(day: date) -> date:
    return date(day.year, day.month, day.day)
