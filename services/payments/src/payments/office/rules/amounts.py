"""Amounts as staff type them."""

import re

_POUNDS = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,8})(?:\.(\d{2}))?")


def parse_pounds(text: str) -> int | None:
    """Parse pounds, such as ``£1,250`` or ``12.50``, as pence; None if they are none."""
    match = _POUNDS.fullmatch(text.strip().removeprefix("£").strip())
    return int(match[1].replace(",", "")) * 100 + int(match[2] or 0) if match else None


def show_pounds(pence: int) -> str:
    """Write pence as a form has them: 1250 is 12.50."""
    return f"{pence // 100}.{pence % 100:02}"
