"""Recognise parts of a building in all their forms: FLAT 2, 2A, TOP FLOOR FLAT, 12/3, GFF.

A part has a key: ``2``, ``A``, ``2A``, ``2/1`` for numbered ones, ``@G`` for the ground floor, ``@1 REAR``,
``@1:A`` for flat A on the first floor, ``=NAME`` for a named one.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from address.address_text.rules.lexicon import (
    BESIDE,
    FLATS,
    FLOORS,
    LEVEL_ALIASES,
    LEVEL_CODES,
    LEVELS,
    NOISE,
    NUMERALS,
    SIDES,
)
from address.address_text.rules.tokens import join_words, split_name

_VALUE = re.compile(
    r"\d{1,4}[A-Z]?|[A-Z]|[A-Z]\d{1,3}|\d{1,4}[A-Z]?[-/]\d{1,4}[A-Z]?|[A-Z0-9]{1,2}/[A-Z0-9]{1,2}|\dF\d"
)
_NUMBER = re.compile(r"\d{1,4}[A-Z]?(?:[-/]\d{1,4}[A-Z]?)?|[A-Z]\d{1,3}|[A-Z]/\d{1,4}|\d{1,4}/[A-Z]|\dF\d")
_PAIR = re.compile(r"([A-Z0-9]+)([-/])([A-Z0-9]+)")
_SUFFIXED = re.compile(r"(\d{1,4})([A-Z])")
_SCOTTISH = re.compile(r"(\d)F(\d)")
PlacedWord = tuple[int, str]  # a word and its place in the address


@dataclass(slots=True)
class Parts:
    """The words for number, part and name. ``names``: runs of other words, with their positions as bits."""

    units: list[str] = field(default_factory=list)  # explicit parts: FLAT 2, TOP FLOOR
    floors: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    names: list[tuple[int, str]] = field(default_factory=list)
    others: int = 0  # bits of the words in ``names``
    kind: str = ""
    beside: bool = False  # something near the property is meant
    part: bool = False  # a word says that a part of a building is meant


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of number and part. ``how``: same, form (another form), guess, swapped."""

    number: str | None
    unit: str | None
    how: str
    spare: int = 0  # numbers left unexplained
    unless: str | None = None  # a number that would be the building if that has parts


def extract_parts(words: list[PlacedWord]) -> Parts:
    """Extract number, part and name from the words."""
    parts = Parts()
    position = 0
    while position < len(words):
        position += (
            _match_flat(words, position, parts)
            or _match_floor(words, position, parts)
            or _add_name(words, position, parts)
        )
    return parts


def _match_flat(words: list[PlacedWord], position: int, parts: Parts) -> int:
    """Match a flat from here on. Return the number of words; FL and LEVEL count if a number follows."""
    word = words[position][1]
    kind = FLATS.get(word) or ("FLAT" if word == "FL" else None)
    if kind is None:
        return 0
    parts.part = True
    following = words[position + 1][1] if position + 1 < len(words) else ""
    following = NUMERALS.get(following, following)
    if _VALUE.fullmatch(following) and following not in LEVEL_CODES:
        value, count = following, 2
        after = words[position + 2][1] if position + 2 < len(words) else ""
        last = words[position + 3][1] if position + 3 < len(words) else ""
        if value.isdigit() and len(after) == 1 and after.isalpha() and (not last or last[0].isdigit()):
            value, count = value + after, 3
        parts.units.append(value)
        parts.kind = kind
        return count
    return 1


def _match_floor(words: list[PlacedWord], position: int, parts: Parts) -> int:
    """Match a storey from here on. Return the number of words."""
    word = words[position][1]
    code, count = LEVEL_CODES.get(word), 1
    following = [text for _, text in words[position + 1 : position + 4]]
    if code is None and word in FLOORS and following and following[0] in {"0", "1", "2", "3", "4", "5"}:
        code, count = ("G" if following[0] == "0" else following[0]), 2
    if code is None and word in LEVELS:
        code, count = _match_level(word, following)
    if code is None:
        return 0
    while position + count < len(words) and words[position + count][1] in _AFTER_LEVEL:
        count += 1
    parts.floors.append(code)
    parts.part = True
    if position + count < len(words) and (side := SIDES.get(words[position + count][1])):
        parts.floors[-1] += " " + side
        count += 1
        count += position + count < len(words) and words[position + count][1] in _AFTER_LEVEL
    return count


_AFTER_LEVEL = frozenset({"FLAT", "FLT", "FLOOR", "FLR", "FL", "FLOO", "FLOR", "LEVEL"})


def _match_level(word: str, following: list[str]) -> tuple[str | None, int]:
    """Return a storey's code and its number of words: FIRST FLOOR, TOP FLAT, LOWER GROUND FLOOR."""
    if word in {"LOWER", "UPPER"} and following[:1] and LEVELS.get(following[0]) == "G":
        return word[0] + "G", 2
    if LEVELS[word] == "B" or (following and (following[0] in FLOORS or FLATS.get(following[0]) == "FLAT")):
        return LEVELS[word], 1
    return (
        (LEVELS[word], 1)
        if not following and word not in {"HALL", "LOWER", "UPPER", "GARDENS"}
        else (None, 0)
    )


def _add_name(words: list[PlacedWord], at: int, parts: Parts) -> int:
    position, word = words[at]
    if _NUMBER.fullmatch(word):
        parts.numbers.append(word)
    elif len(word) == 1:
        if _beside_number(words, at):
            parts.letters.append(word)
    elif word in SIDES and parts.floors:
        parts.floors[-1] += " " + SIDES[word]
    elif word in BESIDE or (word == "REAR" and at + 1 < len(words) and words[at + 1][1] == "OF"):
        parts.beside = True
    elif word not in NOISE and word not in FLOORS:
        parts.others |= 1 << position
        if parts.names and parts.names[-1][0] >> (position - 1) == 1:
            bits, name = parts.names[-1]
            parts.names[-1] = (bits | 1 << position, name + word)
        else:
            parts.names.append((1 << position, word))
    return 1


def _beside_number(parts: list[PlacedWord], position: int) -> bool:
    """Return whether a letter is next to a number, or there is no number: J in MR J SMITH is no flat."""
    beside = [other for place, other in parts if abs(place - parts[position][0]) == 1]
    return any(_NUMBER.fullmatch(other) for other in beside) or not any(
        other[0].isdigit() for _, other in parts
    )


@lru_cache(maxsize=8192)
def parse_key(text: str | None) -> tuple[str | None, str]:
    """Parse a gazetteer's part of a building to its key and kind."""
    if not text:
        return None, ""
    words = split_name(text)
    parts = extract_parts(list(enumerate(words)))
    if parts.names or len(parts.units) > 1 or len(parts.floors) > 1:
        return "=" + join_words(words), parts.kind
    units = parts.units or parts.numbers or parts.letters
    if parts.floors:
        value = f":{units[0]}" if units else ""
        return f"@{parts.floors[0]}{value}", parts.kind or "FLAT"
    return (units[0] if units else "=" + join_words(words)), parts.kind


def list_readings(parts: Parts) -> list[Reading]:
    """List the readings of the parts, the likeliest first."""
    units = _unit_keys(parts)
    readings = _with_part(parts, units) if units else _without_part(parts)
    return list(dict.fromkeys(readings))


def _unit_keys(parts: Parts) -> list[tuple[str, str]]:
    """List the keys that the part may have, and how sure each is."""
    if not parts.floors:
        return [(value, "same") for value in parts.units]
    floor, values = "@" + "+".join(dict.fromkeys(parts.floors)), parts.units or parts.letters
    if values:
        return [(f"{floor}:{values[0]}", "same"), (values[0], "guess"), (floor, "guess")]
    if len(parts.floors) > 1:
        return [(floor, "same")]
    also = [("@" + other, "form") for other in _other_floors(parts.floors[0])]
    return [(floor, "same"), *also]


def _other_floors(floor: str) -> list[str]:
    level, _, side = floor.partition(" ")
    others = list(LEVEL_ALIASES.get(level, ()))
    return [*others, level] if side else others


def _with_part(parts: Parts, units: list[tuple[str, str]]) -> list[Reading]:
    readings: list[Reading] = []
    numbers = parts.numbers
    for unit, how in units:
        if not numbers:
            readings += _no_number(unit, how)
            continue
        for number in (numbers[-1], *numbers[:-1]):
            spare = len(numbers) - 1
            readings.append(Reading(number, unit, how if not spare else "form", spare))
            if len(unit) == 1 and unit.isalpha() and number.isdigit():
                readings.append(Reading(number + unit, None, "form", spare, number))
            if parts.letters and not parts.floors and number.isdigit():
                readings.append(Reading(number + parts.letters[0], unit, how, spare))
            if unit.isalnum() and unit.isdigit() and number.isdigit():
                readings.append(Reading(unit, number, "swapped", spare, number))
            if parts.units and (pair := _PAIR.fullmatch(number)) and pair[2] == "/":
                readings.append(Reading(pair[1], unit, "guess", spare))
    return readings


def _no_number(unit: str, how: str) -> list[Reading]:
    readings = [Reading(None, unit, how)]
    if unit.isdigit():
        readings.append(Reading(unit, None, "vague"))  # FLAT, 36 HIGH STREET
    if suffixed := _SUFFIXED.fullmatch(unit):
        readings += [Reading(unit, None, "guess"), Reading(suffixed[1], suffixed[2], "guess")]
    elif (pair := _PAIR.fullmatch(unit)) and pair[2] == "/":
        readings += [Reading(pair[1], pair[3], "form"), Reading(pair[3], pair[1], "guess", 0, pair[1])]
    return readings


def _without_part(parts: Parts) -> list[Reading]:
    numbers, letters = parts.numbers, parts.letters
    if not numbers:
        return [Reading(None, letters[0], "form")] if letters else [Reading(None, None, "same")]
    if len(numbers) == 1:
        return _one_number(numbers[0], letters)
    first, last, spare = numbers[-2], numbers[-1], len(numbers) - 2
    readings = [Reading(last, first, "form", spare), Reading(first, last, "guess", spare, last)]
    if letters:
        readings = [Reading(last, first + letters[0], "form", spare), *readings]
        readings.append(Reading(last + letters[0], first, "form", spare))
    if numbers[0] == last and len(numbers) == 2:  # noqa: PLR2004
        readings.append(Reading(last, None, "guess"))
    return readings


def _one_number(number: str, letters: list[str]) -> list[Reading]:
    if pair := _PAIR.fullmatch(number):
        return _pair(number, pair[1], pair[3], slash=pair[2] == "/")
    readings = [Reading(number, None, "same")]
    if letters:
        readings = [Reading(number + letters[0], None, "form"), Reading(number, letters[0], "form")]
    elif suffixed := _SUFFIXED.fullmatch(number):
        readings.append(Reading(suffixed[1], suffixed[2], "form"))
    elif scottish := _SCOTTISH.fullmatch(number):
        readings.append(Reading(None, f"{scottish[1]}/{scottish[2]}", "form"))
    return readings


def _pair(number: str, first: str, second: str, *, slash: bool) -> list[Reading]:
    """Read 12/3 as flat 3 at 12 or flat 12 at 3, and 12-14 as a range or flat 14 at 12."""
    readings = [Reading(first, second, "form"), Reading(second, first, "guess", 0, first)]
    if slash:
        return [*readings, Reading(None, number, "form")]
    if _plain(first) >= _plain(second):
        return readings
    ends = [Reading(first, None, "part"), Reading(second, None, "part")]
    return [Reading(number, None, "same"), *readings, *ends]


def _plain(number: str) -> int:
    return int("".join(letter for letter in number if letter.isdigit()) or "0")
