"""Bank statements as every format's reader makes them, and the checks that no format is spared."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from payments.shared.card_numbers import has_card_number

MAX_BYTES = 10_000_000
MAX_LINES = 20_000  # of a file
MAX_STATEMENTS = 100  # of a file
MAX_TEXT = 500
_MAX_PENCE = 10**13
_MAX_NAME = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")
_IBAN = re.compile(r"GB\d\d[A-Z]{4}(\d{14})")
_AMOUNT = re.compile(r"[0-9]{1,15}([.,][0-9]{0,5})?")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)
_CARD_HIDDEN = "[card number removed]"


class FileFaultError(ValueError):
    """What is wrong with a file: its line, from 1, and the field. Nothing of the file is taken."""

    def __init__(self, line: int, field: str, message: str) -> None:
        super().__init__(f"line {line}: {field} {message}")
        self.line, self.field, self.message = line, field, message


@dataclass(frozen=True, slots=True)
class StatementLine:
    """What a bank booked: pence, credits positive. ``file_line``: where it stands in the file."""

    file_line: int
    amount: int
    booked_on: date
    value_on: date
    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of one account. ``identity``: what the bank calls it, once for each account."""

    file_line: int
    account: str
    identity: str
    from_date: date | None
    to_date: date
    opening: int
    closing: int
    lines: Sequence[StatementLine]

    @property
    def digest(self) -> bytes:
        """Return the hash of what it says, whatever file and format it comes in."""
        figures: Iterable[object] = [
            (self.account, self.opening, self.closing),
            *((line.amount, line.booked_on, line.reference, line.text) for line in self.lines),
        ]
        return hashlib.sha256(repr(list(figures)).encode()).digest()


Reader = Callable[[bytes], list[Statement]]


def check_statements(statements: Sequence[Statement]) -> None:
    """Check what all formats promise. Raises FileFaultError."""
    if not statements:
        raise FileFaultError(1, "statement", "is missing: the file has none")
    if len(statements) > MAX_STATEMENTS or sum(len(item.lines) for item in statements) > MAX_LINES:
        raise FileFaultError(1, "file", f"may have {MAX_STATEMENTS} statements and {MAX_LINES} lines")
    keys: set[tuple[str, str]] = set()
    for statement in statements:
        moved = sum(line.amount for line in statement.lines)
        if statement.opening + moved != statement.closing:
            message = (
                f"is {statement.closing} pence, and the opening balance with the entries is"
                f" {statement.opening + moved}"
            )
            raise FileFaultError(statement.file_line, "closing balance", message)
        if (statement.account, statement.identity) in keys:
            raise FileFaultError(statement.file_line, "statement", "is in the file twice")
        keys.add((statement.account, statement.identity))


def read_pence(text: str, line: int, field: str) -> int:
    """Read an amount of pounds without a sign, such as ``117.09``, as pence."""
    try:
        pence = Decimal(text.replace(",", ".")) * 100 if _AMOUNT.fullmatch(text) else None
    except InvalidOperation:
        pence = None
    if pence is None or pence != pence.to_integral_value() or pence >= _MAX_PENCE:
        raise FileFaultError(line, field, "is no amount in pounds and pence")
    return int(pence)


def read_date(text: str, line: int, field: str) -> date:
    """Read a date, or the date of a time, in the form of ISO 8601."""
    try:
        return check_date(date.fromisoformat(text[:10]), line, field)
    except ValueError as error:
        if isinstance(error, FileFaultError):
            raise
        raise FileFaultError(line, field, "is no date") from None


def check_date(day: date, line: int, field: str) -> date:
    """Check that a date lies in this century."""
    if not _EARLIEST <= day <= _LATEST:
        raise FileFaultError(line, field, "is no date between 2000 and 2099")
    return day


def check_currency(currency: str | None, line: int, field: str = "currency") -> None:
    """Check that an amount is in pounds sterling."""
    if currency != "GBP":
        raise FileFaultError(line, field, f"is {(currency or 'missing')[:3]}: only GBP is taken")


def read_account(text: str, line: int, field: str) -> str:
    """Read an account: sort code and number of a British IBAN, else letters and digits as they are."""
    account = normalise_account(text)
    if not account or len(account) > _MAX_NAME:
        raise FileFaultError(line, field, "is no account")
    return account


def normalise_account(text: str) -> str:
    """Write an account as statements of every format are compared."""
    account = re.sub(r"[^0-9A-Z]", "", text.upper())
    british = _IBAN.fullmatch(account)
    return british[1] if british else account


def clean_text(*parts: str | None) -> str:
    """Write texts of a bank in one line; a card number in it is not kept."""
    text = " ".join(_CONTROL.sub(" ", part).strip() for part in parts if part)
    if has_card_number(text):
        text = " ".join(_CARD_HIDDEN if has_card_number(word) else word for word in text.split())
        text = _CARD_HIDDEN if has_card_number(text) else text
    return " ".join(text.split())[:MAX_TEXT]


def decode(content: bytes) -> str:
    """Decode a text file: UTF-8, else Latin-1 as banks have it. Raises FileFaultError for no text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\x00" in text:
        raise FileFaultError(1, "file", "is no text file")
    return text
