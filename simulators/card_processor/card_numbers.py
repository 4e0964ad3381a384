"""Card numbers in what a caller sends. The processor refuses them, so that it can never store or log one."""

import re
from typing import Any

from simulators.card_processor.errors import ApiError

# Keys and digests are hexadecimal. By chance one in some hundreds has 12 digits in a row that pass the check.
_HEXADECIMAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}", re.IGNORECASE)
_BETWEEN = r"[\s\-\u2010-\u2015]"  # spaces, hyphens and dashes
_DIGITS = re.compile(rf"(?<!\d)\d(?:{_BETWEEN}{{0,2}}\d){{11,18}}(?!\d)")  # \d: those of every script

_MAX_NAME = 50


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of the others (ISO/IEC 7812-1 annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004


def has_card_number(text: str) -> bool:
    """Tell whether 12 to 19 digits of a text, grouped or not, could be a card number."""
    runs = _DIGITS.findall(_HEXADECIMAL.sub("~", text))
    return any(passes_luhn(re.sub(_BETWEEN, "", run)) for run in runs)


def refuse_card_numbers(value: Any, field: str = "") -> None:
    """Look through a JSON value. Raises ApiError that names the field, and not what stands in it."""
    if isinstance(value, dict):
        for name, member in value.items():
            refuse_card_numbers(name, field or "a name")
            label = name if name.isidentifier() and len(name) <= _MAX_NAME else "?"
            refuse_card_numbers(member, f"{field}.{label}" if field else label)
    elif isinstance(value, list):
        for member in value:
            refuse_card_numbers(member, field)
    elif not isinstance(value, bool) and isinstance(value, str | int | float) and has_card_number(str(value)):
        reason = (
            "This looks like a card number. Send the name of a test card as method, and no number anywhere"
        )
        raise ApiError(400, "card_number", reason, field)
