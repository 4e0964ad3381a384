"""Reads money, lengths of time and days as recipes write them."""

import re
from datetime import date

_MONEY = re.compile(r"£([0-9]{1,6})\.([0-9]{2})")
_LENGTH = re.compile(r"([0-9]{1,4}) (working days?|days?|weeks?|months?|years?|hours?|minutes?)")


def read_money(value: object) -> int | None:
    """Read ``£50.00`` as pence; None if it is not that."""
    match = _MONEY.fullmatch(value) if isinstance(value, str) else None
    return int(match.group(1)) * 100 + int(match.group(2)) if match else None


def read_length(value: object) -> tuple[int, str] | None:
    """Read ``3 working days`` as 3 and ``working days``, always plural; None if it is not that."""
    match = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    return (int(match.group(1)), match.group(2).rstrip("s") + "s") if match else None


def read_date(value: object) -> date | None:
    """Read ``2026-04-01``; None if it is no day."""
    if not isinstance(value, str) or len(value) != len("2026-04-01"):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
