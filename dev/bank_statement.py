"""A bank's statement in MT940, as the demonstration's bank sends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_OPENING = 1_000_000  # pence


@dataclass(frozen=True, slots=True)
class Line:
    """What the bank booked on a day. Credits in pence."""

    day: date
    amount: int
    reference: str
    text: str = ""


def write_mt940(account: str, lines: Sequence[Line]) -> bytes:
    """Write a statement with these lines, the oldest first."""
    closing = _OPENING + sum(line.amount for line in lines)
    entries = "".join(
        f":61:{line.day:%y%m%d%m%d}C{_write_pounds(line.amount)}NTRF{line.reference[:16]}//B{number}\n"
        f":86:{line.text or line.reference}\n"
        for number, line in enumerate(lines, 1)
    )
    statement = (
        f":20:STATEMENT\n:25:{account}\n:28C:1/1\n:60F:{_write_balance(lines[0].day, _OPENING)}\n{entries}"
        f":62F:{_write_balance(lines[-1].day, closing)}\n-\n"
    )
    return statement.encode()


def _write_balance(day: date, amount: int) -> str:
    return f"C{day:%y%m%d}GBP{_write_pounds(amount)}"


def _write_pounds(pence: int) -> str:
    return f"{pence // 100},{pence % 100:02}"
