"""Parts of a building, however they are written: FLAT 2, 2A, TOP FLOOR FLAT, 12/3, GFF.

A part is known by a key: ``2``, ``A``, ``2A``, ``2/1`` for numbered ones, ``@G`` for the ground floor,
``@1 REAR``, ``@1:A`` for flat A on the first floor, ``=NAME`` for what has a name of its own.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from address.address_text.rules.lexicon import (
    ALSO,
    BESIDE,
    FLATS,
    FLOORS,
    LEVEL_CODES,
    LEVELS,
    NOISE,
    NUMERALS,
    SIDES,
)
from address.address_text.rules.tokens import join, words

_VALUE = re.compile(
    r"\d{1,4}[A-Z]?|[A-Z]|[A-Z]\d{1,3}|\d{1,4}[A-Z]?[-/]\d{1,4}[A-Z]?|[A-Z0-9]{1,2}/[A-Z0-9]{1,2}|\dF\d"
)
_NUMBER = re.compile(r"\d{1,4}[A-Z]?(?:[-/]\d{1,4}[A-Z]?)?|[A-Z]\d{1,3}|[A-Z]/\d{1,4}|\d{1,4}/[A-Z]|\dF\d")
_PAIR = re.compile(r"([A-Z0-9]+)([-/])([A-Z0-9]+)")
_SUFFIXED = re.compile(r"(\d{1,4})([A-Z])")
_SCOTTISH = re.compile(r"(\d)F(\d)")
Placed = tuple[int, str]  # a word and its place in the address


@dataclass(slots=True)
class Parts:
    """What is said of number, part and name. ``names``: runs of other words, with their places' bits."""

    units: list[str] = field(default_factory=list)  # said to be a part: FLAT 2, TOP FLOOR
    floors: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    names: list[tuple[int, str]] = field(default_factory=list)
    others: int = 0  # bits of the words in ``names``
    kind: str = ""
    beside: bool = False  # something near the property is meant
    part: bool = False  # some word said that it is a part of a building


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand number and part. ``how``: same, form (written another way), guess, swapped."""

    number: str | None
    unit: str | None
    how: str
    spare: int = 0  # numbers it leaves unexplained
    unless: str | None = None  # a number which, when it has parts, would be the building


def take(found: list[Placed]) -> Parts:
    """The parts said by these words."""
    said = Parts()
    at = 0
    while at < len(found):
        at += _flat(found, at, said) or _floor(found, at, said) or _other(found, at, said)
    return said


def _flat(found: list[Placed], at: int, said: Parts) -> int:
    """How many words from here on say a flat; FL and LEVEL are a flat's when a number follows."""
    word = found[at][1]
    kind = FLATS.get(word) or ("FLAT" if word == "FL" else None)
    if kind is None:
        return 0
    said.part = True
    following = found[at + 1][1] if at + 1 < len(found) else ""
    following = NUMERALS.get(following, following)
    if _VALUE.fullmatch(following) and following not in LEVEL_CODES:
        value, taken = following, 2
        after = found[at + 2][1] if at + 2 < len(found) else ""
        last = found[at + 3][1] if at + 3 < len(found) else ""
        if value.isdigit() and len(after) == 1 and after.isalpha() and (not last or last[0].isdigit()):
            value, taken = value + after, 3
        said.units.append(value)
        said.kind = kind
        return taken
    return 1


def _floor(found: list[Placed], at: int, said: Parts) -> int:
    """How many words from here on say a storey."""
    word = found[at][1]
    code, taken = LEVEL_CODES.get(word), 1
    following = [other for _, other in found[at + 1 : at + 4]]
    if code is None and word in FLOORS and following and following[0] in {"0", "1", "2", "3", "4", "5"}:
        code, taken = ("G" if following[0] == "0" else following[0]), 2
    if code is None and word in LEVELS:
        code, taken = _level(word, following)
    if code is None:
        return 0
    while at + taken < len(found) and found[at + taken][1] in _AFTER_LEVEL:
        taken += 1
    said.floors.append(code)
    said.part = True
    if at + taken < len(found) and (side := SIDES.get(found[at + taken][1])):
        said.floors[-1] += " " + side
        taken += 1
        taken += at + taken < len(found) and found[at + taken][1] in _AFTER_LEVEL
    return taken


_AFTER_LEVEL = frozenset({"FLAT", "FLT", "FLOOR", "FLR", "FL", "FLOO", "FLOR", "LEVEL"})


def _level(word: str, following: list[str]) -> tuple[str | None, int]:
    """The storey's code and how many words say it: FIRST FLOOR, TOP FLAT, BASEMENT, LOWER GROUND FLOOR."""
    if word in {"LOWER", "UPPER"} and following[:1] and LEVELS.get(following[0]) == "G":
        return word[0] + "G", 2
    if LEVELS[word] == "B" or (following and (following[0] in FLOORS or FLATS.get(following[0]) == "FLAT")):
        return LEVELS[word], 1
    return (
        (LEVELS[word], 1)
        if not following and word not in {"HALL", "LOWER", "UPPER", "GARDENS"}
        else (None, 0)
    )


def _other(found: list[Placed], at: int, said: Parts) -> int:
    place, word = found[at]
    if _NUMBER.fullmatch(word):
        said.numbers.append(word)
    elif len(word) == 1:
        if _beside_number(found, at):
            said.letters.append(word)
    elif word in SIDES and said.floors:
        said.floors[-1] += " " + SIDES[word]
    elif word in BESIDE or (word == "REAR" and at + 1 < len(found) and found[at + 1][1] == "OF"):
        said.beside = True
    elif word not in NOISE and word not in FLOORS:
        said.others |= 1 << place
        if said.names and said.names[-1][0] >> (place - 1) == 1:
            bits, name = said.names[-1]
            said.names[-1] = (bits | 1 << place, name + word)
        else:
            said.names.append((1 << place, word))
    return 1


def _beside_number(found: list[Placed], at: int) -> bool:
    """Whether a letter stands next to a number, or there is none: that of MR J SMITH is no flat."""
    beside = [other for place, other in found if abs(place - found[at][0]) == 1]
    return any(_NUMBER.fullmatch(other) for other in beside) or not any(
        other[0].isdigit() for _, other in found
    )


@lru_cache(maxsize=8192)
def key(text: str | None) -> tuple[str | None, str]:
    """A gazetteer's part of a building as its key, and the kind of part it is."""
    if not text:
        return None, ""
    found = words(text)
    said = take(list(enumerate(found)))
    if said.names or len(said.units) > 1 or len(said.floors) > 1:
        return "=" + join(found), said.kind
    units = said.units or said.numbers or said.letters
    if said.floors:
        value = f":{units[0]}" if units else ""
        return f"@{said.floors[0]}{value}", said.kind or "FLAT"
    return (units[0] if units else "=" + join(found)), said.kind


def readings(said: Parts) -> list[Reading]:
    """The ways to understand them, the likeliest first."""
    units = _units(said)
    found = _with_part(said, units) if units else _without_part(said)
    return list(dict.fromkeys(found))


def _units(said: Parts) -> list[tuple[str, str]]:
    """The keys that the part may have, and how sure that is."""
    if not said.floors:
        return [(value, "same") for value in said.units]
    floor, values = "@" + "+".join(dict.fromkeys(said.floors)), said.units or said.letters
    if values:
        return [(f"{floor}:{values[0]}", "same"), (values[0], "guess"), (floor, "guess")]
    if len(said.floors) > 1:
        return [(floor, "same")]
    also = [("@" + other, "form") for other in _also(said.floors[0])]
    return [(floor, "same"), *also]


def _also(floor: str) -> list[str]:
    level, _, side = floor.partition(" ")
    others = list(ALSO.get(level, ()))
    return [*others, level] if side else others


def _with_part(said: Parts, units: list[tuple[str, str]]) -> list[Reading]:
    found: list[Reading] = []
    numbers = said.numbers
    for unit, how in units:
        if not numbers:
            found += _no_number(unit, how)
            continue
        for number in (numbers[-1], *numbers[:-1]):
            spare = len(numbers) - 1
            found.append(Reading(number, unit, how if not spare else "form", spare))
            if len(unit) == 1 and unit.isalpha() and number.isdigit():
                found.append(Reading(number + unit, None, "form", spare, number))
            if said.letters and not said.floors and number.isdigit():
                found.append(Reading(number + said.letters[0], unit, how, spare))
            if unit.isalnum() and unit.isdigit() and number.isdigit():
                found.append(Reading(unit, number, "swapped", spare, number))
            if said.units and (pair := _PAIR.fullmatch(number)) and pair[2] == "/":
                found.append(Reading(pair[1], unit, "guess", spare))
    return found


def _no_number(unit: str, how: str) -> list[Reading]:
    found = [Reading(None, unit, how)]
    if unit.isdigit():
        found.append(Reading(unit, None, "vague"))  # FLAT, 36 HIGH STREET
    if suffixed := _SUFFIXED.fullmatch(unit):
        found += [Reading(unit, None, "guess"), Reading(suffixed[1], suffixed[2], "guess")]
    elif (pair := _PAIR.fullmatch(unit)) and pair[2] == "/":
        found += [Reading(pair[1], pair[3], "form"), Reading(pair[3], pair[1], "guess", 0, pair[1])]
    return found


def _without_part(said: Parts) -> list[Reading]:
    numbers, letters = said.numbers, said.letters
    if not numbers:
        return [Reading(None, letters[0], "form")] if letters else [Reading(None, None, "same")]
    if len(numbers) == 1:
        return _one_number(numbers[0], letters)
    first, last, spare = numbers[-2], numbers[-1], len(numbers) - 2
    found = [Reading(last, first, "form", spare), Reading(first, last, "guess", spare, last)]
    if letters:
        found = [Reading(last, first + letters[0], "form", spare), *found]
        found.append(Reading(last + letters[0], first, "form", spare))
    if numbers[0] == last and len(numbers) == 2:  # noqa: PLR2004
        found.append(Reading(last, None, "guess"))
    return found


def _one_number(number: str, letters: list[str]) -> list[Reading]:
    if pair := _PAIR.fullmatch(number):
        return _pair(number, pair[1], pair[3], slash=pair[2] == "/")
    found = [Reading(number, None, "same")]
    if letters:
        found = [Reading(number + letters[0], None, "form"), Reading(number, letters[0], "form")]
    elif suffixed := _SUFFIXED.fullmatch(number):
        found.append(Reading(suffixed[1], suffixed[2], "form"))
    elif scottish := _SCOTTISH.fullmatch(number):
        found.append(Reading(None, f"{scottish[1]}/{scottish[2]}", "form"))
    return found


def _pair(number: str, first: str, second: str, *, slash: bool) -> list[Reading]:
    """12/3 is flat 3 at 12, or flat 12 at 3; 12-14 is a range, or flat 14 at 12."""
    either = [Reading(first, second, "form"), Reading(second, first, "guess", 0, first)]
    if slash:
        return [*either, Reading(None, number, "form")]
    if _plain(first) >= _plain(second):
        return either
    ends = [Reading(first, None, "part"), Reading(second, None, "part")]
    return [Reading(number, None, "same"), *either, *ends]


def _plain(number: str) -> int:
    return int("".join(letter for letter in number if letter.isdigit()) or "0")
