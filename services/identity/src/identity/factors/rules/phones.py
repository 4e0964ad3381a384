"""Phone numbers as people type them and as they are kept (E.164), and which can be sent a text.

``phonenumbers`` takes 7 MB, so a process loads it when it meets its first number; the parts of it that know
places and carriers are never loaded. It takes a tenth of a second too: who serves others meanwhile calls
``load`` in a thread first.
"""

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MOST = 40
"""Characters somebody may type."""
_HOME = "GB"
_HOME_CODE = 44
_TYPED = re.compile(r"\+?[0-9 ().\-/]+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
# Ofcom keeps 07700 900000 to 900999 for plays and films: nobody has one.
_DRAMA = re.compile(r"\+447700900[0-9]{3}")
_LAST = 3
_A_THOUSAND = 3


class NumberError(ValueError):
    """It is not taken. ``fault``: ``format``, ``costly``, ``no-texts`` or ``abroad``."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def load() -> None:
    """Load what the other functions need; once it is there this costs nothing."""
    import phonenumbers  # noqa: F401, PLC0415 - 7 MB, see above


def read(typed: str, *, abroad: bool = True, drama: bool = False) -> str:
    """The number in E.164; a British one where no country is said. Raises NumberError.

    ``drama``: numbers that nobody has are taken too, as a laptop's texts go nowhere.
    """
    import phonenumbers  # noqa: PLC0415 - 7 MB, see above

    meant = unicodedata.normalize("NFKC", typed).translate(_DASHES).strip()
    if len(meant) > MOST or not _TYPED.fullmatch(meant):
        raise NumberError("format")
    try:
        number = phonenumbers.parse(meant, _HOME)
    except phonenumbers.NumberParseException:
        raise NumberError("format") from None
    kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if _DRAMA.fullmatch(kept):
        if not drama:
            raise NumberError("format")
        return kept
    _look(number)
    if number.country_code != _HOME_CODE and not abroad:
        raise NumberError("abroad")
    return kept


def _look(number: "PhoneNumber") -> None:
    """Raises NumberError for what cannot be, what costs more than a text should, and what takes no texts."""
    import phonenumbers  # noqa: PLC0415 - 7 MB, see above

    kinds = phonenumbers.PhoneNumberType
    if not phonenumbers.is_valid_number(number):
        raise NumberError("format")
    kind = phonenumbers.number_type(number)
    # Numbers of no country are satellites' and the like.
    nowhere = phonenumbers.region_code_for_number(number) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
    if nowhere or kind in {kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.PERSONAL_NUMBER, kinds.PAGER}:
        raise NumberError("costly")
    if kind not in {kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE}:
        raise NumberError("no-texts")


def is_abroad(number: str) -> bool:
    """Whether a kept number is of another country than ours: a text to it costs many times as much."""
    return not number.startswith(f"+{_HOME_CODE}")


def shown(number: str) -> str:
    """As people write it: ``07700 900123``, ``+33 6 12 34 56 78``."""
    import phonenumbers  # noqa: PLC0415 - 7 MB, see above

    forms = phonenumbers.PhoneNumberFormat
    form = forms.INTERNATIONAL if is_abroad(number) else forms.NATIONAL
    return phonenumbers.format_number(phonenumbers.parse(number), form)


def last_digits(number: str) -> str:
    """For a page that is not the person's own yet: ``123``."""
    return number[-_LAST:]


def neighbours(number: str) -> str:
    """The thousand numbers it is of: who makes money by texts sends them to rows of numbers.

    Nobody makes any by those of plays, so each of them stands for itself.
    """
    return number if _DRAMA.fullmatch(number) else number[:-_A_THOUSAND]
