"""Card numbers in text that people typed: they must not be stored (PCI DSS 3).

A card number is 12 to 19 digits with a Luhn check digit that begin as a network's do and are as long as that
network's are. A council's own numbers of that length, such as a library card of 14 digits from 2, are no
card numbers therefore; ``references`` refuses a rule under which some would be.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

SHORTEST, LONGEST = 12, 19
# First and last prefix of a range, and the lengths of its numbers (ISO/IEC 7812; the networks' own lists).
_NETWORKS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (4, 4, (13, 16, 19)),  # Visa
    (51, 55, (16,)),  # Mastercard
    (2221, 2720, (16,)),
    (34, 34, (15,)),  # American Express
    (37, 37, (15,)),
    (300, 305, tuple(range(14, 20))),  # Diners Club
    (3095, 3095, tuple(range(14, 20))),
    (36, 36, tuple(range(14, 20))),
    (38, 39, tuple(range(14, 20))),
    (6011, 6011, tuple(range(16, 20))),  # Discover
    (644, 659, tuple(range(16, 20))),
    (3528, 3589, tuple(range(16, 20))),  # JCB
    (62, 62, tuple(range(16, 20))),  # UnionPay
    (81, 81, tuple(range(16, 20))),
    (50, 50, tuple(range(12, 20))),  # Maestro
    (56, 58, tuple(range(12, 20))),
    (6304, 6304, tuple(range(12, 20))),
    (6390, 6390, tuple(range(12, 20))),
    (67, 67, tuple(range(12, 20))),
)
_INVISIBLE = {"Cf", "Mn", "Me"}  # categories: zero-width characters, soft hyphens, keycaps
# Digits with at most three spaces, hyphens or dots between two of them.
_CHAIN = re.compile(r"[0-9]+(?:[ \t\n.\-_]{1,3}[0-9]+)*")
_GROUPS_OF_FOUR_SIX = ((4, 6, 5), (4, 6, 4))  # as American Express and Diners Club print theirs


def has_card_number(text: str) -> bool:
    """Check whether a text has a card number, with spaces or hyphens or without."""
    return any(
        is_luhn(digits) and has_network(digits)
        for chain in _CHAIN.finditer(_to_ascii_digits(text))
        for digits in _list_windows(re.findall("[0-9]+", chain[0]))
    )


def is_luhn(digits: str) -> bool:
    """Check the last digit by Luhn's algorithm (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled // 10 + doubled % 10
    return total % 10 == 0


def has_network(digits: str) -> bool:
    """Check whether a number begins as some network's numbers of its length do."""
    return digits.startswith(_list_prefixes(len(digits)))


def admits_card_number(places: Sequence[frozenset[str]]) -> bool:
    """Check whether a number whose digits come from these sets can begin as a network's of its length do."""
    return any(
        all(digit in allowed for digit, allowed in zip(prefix, places, strict=False))
        for prefix in _list_prefixes(len(places))
    )


@cache
def _list_prefixes(length: int) -> tuple[str, ...]:
    return tuple(
        str(prefix)
        for first, last, lengths in _NETWORKS
        if length in lengths
        for prefix in range(first, last + 1)
    )


def _list_windows(groups: Sequence[str]) -> Iterator[str]:
    """List the digits of neighbouring groups that are written as a card number is, of 12 to 19 digits in all.

    Groups of one size, the last of which may be shorter, or 4-6-5 and 4-6-4: so dates and telephone numbers
    side by side are not joined.
    """
    for start in range(len(groups)):
        size = 0
        for end in range(start, len(groups)):
            size += len(groups[end])
            if size > LONGEST:
                break
            window = groups[start : end + 1]
            if size >= SHORTEST and _is_written_as_one(window):
                yield "".join(window)


def _is_written_as_one(groups: Sequence[str]) -> bool:
    sizes = tuple(map(len, groups))
    uniform = len(set(sizes[:-1])) <= 1 and sizes[-1] <= sizes[0]
    return uniform or sizes in _GROUPS_OF_FOUR_SIX


def _to_ascii_digits(text: str) -> str:
    """Write every script's digits as 0-9, every dash as a hyphen, and leave out what nobody sees."""
    if text.isascii():
        return text
    return "".join(map(_to_ascii, unicodedata.normalize("NFKC", text)))


def _to_ascii(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in _INVISIBLE:
        return ""
    return {"Pd": "-", "Zs": " "}.get(category, character)
