"""Parse and format addressable objects (BS 7666): a building (PAO) or a part of it (SAO).

``FLAT 2A`` is the text FLAT and the number 2 with the suffix A; ``TOP FLOOR FLAT`` is text alone. What cannot
be parsed without loss stays whole in the text, so that ``format_object(parse_unit(x)) == x``.
"""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"(0|[1-9][0-9]{0,3})([A-Za-z]?)(?:-([1-9][0-9]{0,3})([A-Za-z]?))?")
_UNIT = re.compile(rf"(?:(\S.*?\S|\S) )?{_NUMBER.pattern}")


@dataclass(frozen=True, slots=True)
class AddressableObject:
    """An addressable object. Numbers are 0 to 9999, suffixes one letter (BS 7666-2, PAON and SAON)."""

    text: str | None = None
    start_number: int | None = None
    start_suffix: str | None = None
    end_number: int | None = None
    end_suffix: str | None = None

    @property
    def number(self) -> str | None:
        """Format the number as people write it: ``12``, ``12A``, ``12-14``."""
        if self.start_number is None:
            return None
        end = "" if self.end_number is None else f"-{self.end_number}{self.end_suffix or ''}"
        return f"{self.start_number}{self.start_suffix or ''}{end}"


def parse_building(name: str | None, number: str | None) -> AddressableObject:
    """Parse a building from its name and its number.

    Raises ValueError when the number is not like 12, 12A or 12-14, or its range runs backwards.
    """
    if number is None:
        return AddressableObject(text=name)
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise ValueError("must be a building number such as 12, 12A or 12-14, from 0 to 9999")
    start, start_suffix, end, end_suffix = match.groups()
    if end is not None and int(end) < int(start):
        raise ValueError("is a range that runs backwards")
    return AddressableObject(
        name, int(start), start_suffix or None, None if end is None else int(end), end_suffix or None
    )


def parse_unit(text: str | None) -> AddressableObject:
    """Parse a part of a building: ``FLAT 2``, ``2A``, ``UNITS 3-5``, ``TOP FLOOR FLAT``."""
    match = _UNIT.fullmatch(text) if text else None
    if match is None:
        return AddressableObject(text=text)
    words, number = match.group(1), match.group(0)[len(match.group(1) or "") :].lstrip()
    try:
        return parse_building(words, number)
    except ValueError:
        return AddressableObject(text=text)


def format_object(addressable: AddressableObject) -> str | None:
    """Format the object in words, its number last; None when it is empty."""
    return " ".join(part for part in (addressable.text, addressable.number) if part) or None
