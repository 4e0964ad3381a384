"""BAI2 statements, read by the library ``bai2``, which checks the totals and counts of its trailers.

Source of the records: BAI Cash Management Balance Reporting Specifications, version 2. Amounts are pence.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from bai2 import bai2
from bai2.constants import TypeCodeTransaction
from bai2.exceptions import IntegrityException

from payments.bank_files.rules import statements as bank_files
from payments.bank_files.rules.statements import FileFaultError, Statement, StatementLine

_OPENING, _CLOSING = "010", "015"
_MAX_PENCE = 10**13
_MAX_RECORD = 2_000
_RECORDS = {"01", "02", "03", "16", "88", "49", "98", "99"}
_TRAILERS = {"Account": "49", "Group": "98", "Bai2File": "99"}
_SIGNS = {TypeCodeTransaction.credit: 1, TypeCodeTransaction.debit: -1}


class _Lines:
    """The lines of a file, one after another, and which was given last."""

    def __init__(self, text: str) -> None:
        self.numbered = [
            (number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()
        ]
        self.place = 0

    def __iter__(self) -> Iterator[str]:
        for place, (number, line) in enumerate(self.numbered):
            self.place = place
            if line[:2] not in _RECORDS or line[2:3] != ",":
                raise FileFaultError(number, "record", "has no code that BAI2 knows")
            if len(line) > _MAX_RECORD:
                raise FileFaultError(number, "record", "is too long")
            yield line
        self.place += 1

    @property
    def fault_line(self) -> int:
        """Return the line of the record that the parser had when it failed: it reads one record ahead."""
        place = min(self.place, len(self.numbered)) - 1
        while place > 0 and self.numbered[place][1].startswith("88"):
            place -= 1
        return self.numbered[max(place, 0)][0] if self.numbered else 1

    def find_trailer(self, message: str) -> int:
        """Find the line of the trailer whose totals are wrong: the last before where the parser is."""
        code = next((code for name, code in _TRAILERS.items() if f" {name}." in message), "99")
        before = [number for number, line in self.numbered[: self.place] if line.startswith(code)]
        return before[-1] if before else self.fault_line

    def list_numbers(self, code: str) -> list[int]:
        """List the lines of all records of a code."""
        return [number for number, line in self.numbered if line.startswith(code)]


def read(content: bytes) -> list[Statement]:
    """Read the statements of a file: one for each account and group. Raises FileFaultError."""
    lines = _Lines(bank_files.decode(content))
    try:
        file = bai2.parse_from_lines(lines)
    except FileFaultError:
        raise
    except IntegrityException as error:
        raise FileFaultError(lines.find_trailer(str(error)), "trailer", f"is wrong: {error}") from None
    except Exception:  # noqa: BLE001 - it raises whatever a missing field or a conversion does
        raise FileFaultError(lines.fault_line, "record", "cannot be read") from None
    accounts, details = iter(lines.list_numbers("03")), iter(lines.list_numbers("16"))
    return [
        _read_account(file.header, group.header, account, next(accounts), details)
        for group in file.children
        for account in group.children
    ]


def _read_account(header: Any, group: Any, account: Any, line: int, details: Iterator[int]) -> Statement:
    bank_files.check_currency(account.header.currency or group.currency, line)
    day = group.as_of_date
    if day is None:
        raise FileFaultError(line, "as-of date", "is missing in the group")
    balances = {item.type_code.code: item.amount for item in account.header.summary_items if item.type_code}
    for code in (_OPENING, _CLOSING):
        if balances.get(code) is None:
            raise FileFaultError(line, f"type code {code}", "is missing: the balances must be there")
    identity = (header.sender_id, header.file_id, str(header.creation_date), str(day))
    return Statement(
        file_line=line,
        account=bank_files.read_account(account.header.customer_account_number or "", line, "account"),
        identity=bank_files.clean_text(*identity)[:100],
        from_date=day,
        to_date=bank_files.check_date(day, line, "as-of date"),
        opening=_check_size(balances[_OPENING], line),
        closing=_check_size(balances[_CLOSING], line),
        lines=list(_read_details(account.children, day, details)),
    )


def _read_details(children: Sequence[Any], day: Any, numbers: Iterator[int]) -> Iterator[StatementLine]:
    for child in children:
        line = next(numbers)
        sign = _SIGNS.get(child.type_code.transaction) if child.type_code else None
        if not child.amount:  # information, or nothing
            continue
        if sign is None or child.amount < 0:
            raise FileFaultError(
                line, "type code", "is neither of a credit nor of a debit, or the amount negative"
            )
        value = (child.availability or {}).get("date") or day
        yield StatementLine(
            file_line=line,
            amount=sign * _check_size(child.amount, line),
            booked_on=day,
            value_on=bank_files.check_date(value, line, "value date"),
            reference=bank_files.clean_text(child.customer_reference),
            text=bank_files.clean_text(child.text),
        )


def _check_size(pence: int, line: int) -> int:
    if abs(pence) >= _MAX_PENCE:
        raise FileFaultError(line, "amount", "is too large")
    return pence
