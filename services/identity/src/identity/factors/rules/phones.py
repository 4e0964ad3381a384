"""Phone numbers: parse what people type (to E.164), format it, and tell which numbers can be sent an SMS.

``phonenumbers`` takes 7 MB, so a process loads it with its first number; the parts of it that know places and
carriers are never loaded. Loading takes a tenth of a second: call ``load_library`` in a thread first.
"""

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MAX_TYPED = 40
"""Characters that a person may type."""
_HOME = "GB"
_HOME_CODE = 44
_TYPED = re.compile(r"\+?[0-9 ().\-/]+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
# Ofcom keeps 07700 900000 to 900999 for fiction: no person has one.
_FICTIONAL = re.compile(r"\+447700900[0-9]{3}")
_LAST_DIGITS = 3
_BLOCK_DIGITS = 3


class NumberError(ValueError):
    """A number is refused. ``fault``: ``format``, ``costly``, ``no-texts`` or ``abroad``."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def load_library() -> None:
    """Load the library that the other functions need; after the first time this costs nothing."""
    import phonenumbers  # noqa: F401, PLC0415 - 7 MB, see above


def parse(typed: str, *, abroad: bool = True, fictional: bool = False) -> str:
    """Parse a number to E.164; without a country code it is British. Raises NumberError.

    ``abroad``: take numbers of other countries. ``fictional``: take numbers kept for fiction, as a laptop
    does, which sends no SMS.
    """
    import phonenumbers  # noqa: PLC0415 - 7 MB, see above

    plain = unicodedata.normalize("NFKC", typed).translate(_DASHES).strip()
    if len(plain) > MAX_TYPED or not _TYPED.fullmatch(plain):
        raise NumberError("format")
    try:
        number = phonenumbers.parse(plain, _HOME)
    except phonenumbers.NumberParseException:
        raise NumberError("format") from None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if _FICTIONAL.fullmatch(e164):
        if not fictional:
            raise NumberError("format")
        return e164
    _check_kind(number)
    if number.country_code != _HOME_CODE and not abroad:
        raise NumberError("abroad")
    return e164


def _check_kind(number: "PhoneNumber") -> None:
    """Raise NumberError for numbers that cannot exist, cost more than an SMS should, or take no SMS."""
    import phonenumbers  # noqa: PLC0415 - 7 MB, see above

    kinds = phonenumbers.PhoneNumberType
    if not phonenumbers.is_valid_number(number):
        raise NumberError("format")
    kind = phonenumbers.number_type(number)
    # Numbers that belong to no country are satellite phones and the like.
    non_geographic = (
        phonenumbers.region_code_for_number(number) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
    )
    if non_geographic or kind in {
        kinds.PREMIUM_RATE,
        kinds.SHARED_COST,
        kinds.PERSONAL_NUMBER,
        kinds.PAGER,
    }:
        raise NumberError("costly")
    if kind not in {kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE}:
        raise NumberError("no-texts")


def is_abroad(number: str) -> bool:
    """Whether a number in E.164 is not British: an SMS to it costs many times as much."""
    return not number.startswith(f"+{_HOME_CODE}")


def format_number(number: str) -> str:
    """Format a number as people write it: ``07700 900123``, ``+33 6 12 34 56 78``."""
    import phonenumbers  # noqa: PLC0415 - 7 MB, see above

    forms = phonenumbers.PhoneNumberFormat
    form = forms.INTERNATIONAL if is_abroad(number) else forms.NATIONAL
    return phonenumbers.format_number(phonenumbers.parse(number), form)


def last_digits(number: str) -> str:
    """Cut a number to its last digits, ``123``, for pages that a stranger may see."""
    return number[-_LAST_DIGITS:]


def number_block(number: str) -> str:
    """Cut a number to the prefix of its block of a thousand: toll fraud uses many numbers of one block.

    Numbers kept for fiction make nobody money, so each of them is a block of its own.
    """
    return number if _FICTIONAL.fullmatch(number) else number[:-_BLOCK_DIGITS]
