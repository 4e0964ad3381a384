"""Card numbers in what a caller sends. The processor refuses them, so that it can never store or log one."""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from simulators.card_processor.errors import ApiError

# Keys and digests are hexadecimal. By chance one in some hundreds has 12 digits in a row that pass the check.
_HEXADECIMAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}", re.IGNORECASE)
# Groups of digits, with spaces, hyphens or dashes between them. \d: the digits of every script.
_GROUPS = re.compile(r"\d+(?:[\s\-\u2010-\u2015]{1,2}\d+)*")
_GROUP = re.compile(r"\d+")
_LEAST, _MOST = 12, 19
_MAX_NAME = 50


def has_card_number(text: str) -> bool:
    """Tell whether 12 to 19 digits of a text, grouped or not, could be a card number.

    An expiry date or a security code may stand beside it as a group of its own.
    """
    chains = _GROUPS.findall(_HEXADECIMAL.sub("~", text))
    return any(_has_valid_run(_GROUP.findall(chain)) for chain in chains)


def _has_valid_run(groups: Sequence[str]) -> bool:
    """Tell whether some neighbouring groups pass the check of ISO/IEC 7812-1 annex B (Luhn).

    Every second digit counts double, from the right. The sums up to each place, with the even places doubled
    and with the odd ones, give the sum of any run by one subtraction: a long text takes no long time.
    """
    digits = [int(digit) for digit in "".join(groups)]
    sums = [
        list(
            accumulate(
                (_double(d) if place % 2 == parity else d for place, d in enumerate(digits)), initial=0
            )
        )
        for parity in (0, 1)
    ]
    bounds = list(accumulate(map(len, groups), initial=0))
    for number, start in enumerate(bounds):
        for end in bounds[number + 1 : number + 1 + _MOST]:
            doubled = sums[end % 2]
            if _LEAST <= end - start <= _MOST and (doubled[end] - doubled[start]) % 10 == 0:
                return True
    return False


def _double(digit: int) -> int:
    return sum(divmod(2 * digit, 10))


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
