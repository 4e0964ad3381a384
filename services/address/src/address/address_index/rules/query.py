"""An address in words, and the names it nearly says: misspelt, run together, a word short."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from address.address_index.rules.index import Index
from address.address_text.rules import tokens
from address.address_text.rules.lexicon import FLATS, FLOORS, LEVELS, NOISE, NUMERALS, SHORT, TYPES
from address.address_text.rules.tokens import LONGEST_NAME, Asked, Said

SURE, LIKELY, PERHAPS, FAINT = 0.88, 0.75, 0.6, 0.42
_SPELLINGS = 16  # ways to put right a run of words
_UNIT_WORDS = FLATS.keys() | LEVELS.keys() | FLOORS
_COMPASS = {"N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST"}
_ENDS = sorted((short for short in SHORT if SHORT[short] in TYPES), key=len, reverse=True)
_ANY_END = tuple(_ENDS)
_FIGURES, _HIGHEST = re.compile(r"\d+"), 9_999
_LEAST_NAME, _LEAST_TYPE = 5, 4


@dataclass(slots=True)
class Question:
    """An address in words, with what its misspelt runs of words may have been meant as."""

    said: Said
    near: dict[str, tuple[int, float]] = field(default_factory=dict)
    unknown: int = 0  # bits of the words the gazetteer has not
    types: int = 0  # bits of ROAD and the like, misspelt or not


def question(asked: Asked, index: Index) -> Question:
    """The address in words, and the names it nearly says."""
    said = tokens.read(asked, index.outwards, index.vocabulary.words)
    unknown = [place for place, word in enumerate(said.words) if _unknown(word, index)]
    if unknown and _right_units(said, unknown, index):
        tokens.open_windows(said)
        unknown = [place for place in unknown if _unknown(said.words[place], index)]
    asks = Question(said)
    for place in unknown:
        asks.unknown |= 1 << place
    for place, word in enumerate(said.words):
        if word in TYPES or (asks.unknown >> place & 1 and _is_type(word, index)):
            asks.types |= 1 << place
    if unknown or any(word in _COMPASS for word in said.words):
        _spell(asks, index)
    return asks


def numbers(asks: Question) -> list[int]:
    """Every number that is said, in figures or words, of a building or of a part of one."""
    said = {int(figures) for word in asks.said.words for figures in _FIGURES.findall(word)}
    said.update(int(NUMERALS[word]) for word in asks.said.words if word in NUMERALS)
    return sorted(number for number in said if number <= _HIGHEST)


def _is_type(word: str, index: Index) -> bool:
    return any(meant in TYPES for meant, _ in index.vocabulary.meant(word)[:1])


def _unknown(word: str, index: Index) -> bool:
    return len(word) > 2 and word.isalpha() and word not in index.vocabulary.words and word not in NOISE  # noqa: PLR2004


def _right_units(said: Said, unknown: list[int], index: Index) -> bool:
    """Put right misspelt words for streets and parts of buildings; whether there were any."""
    changed = False
    for place in unknown:
        following = said.words[place + 1] if place + 1 < len(said.words) else ""
        numbered = following[:1].isdigit() or len(following) == 1 or following == "FLAT"
        for nth, (meant, like) in enumerate(index.vocabulary.meant(said.words[place])):
            kind = nth == 0 and meant in TYPES and like >= LIKELY and len(said.words[place]) >= _LEAST_TYPE
            if kind or _surely_unit(meant, like, numbered=numbered):
                said.words[place], changed = meant, True
                break
    return changed


def _surely_unit(meant: str, like: float, *, numbered: bool) -> bool:
    return (
        meant in _UNIT_WORDS
        and len(meant) >= _LEAST_TYPE
        and (numbered or (like > LIKELY and meant != "FLAT"))
    )


def _spell(asks: Question, index: Index) -> None:
    """Runs of words with the unknown ones put right."""
    found = asks.said.words
    choices = [_choices(word, asks.unknown >> place & 1, index) for place, word in enumerate(found)]
    for place in range(len(found)):
        if len(choices[place]) == 1 and not asks.unknown >> place & 1:
            continue
        for start in range(max(0, place - 3), place + 1):
            for end in range(place + 1, min(len(found), start + LONGEST_NAME, place + 4) + 1):
                if not found[end - 1].isalpha() or not found[start].isalpha():
                    continue
                bits = (1 << end) - (1 << start)
                _spell_run(asks, choices[start:end], bits)
                if asks.unknown >> place & 1:
                    _spell_name(asks, index, found[start:end], bits)


def _choices(word: str, unknown: int, index: Index) -> list[tuple[str, float]]:
    if unknown:
        return [(word, 1.0), *index.vocabulary.meant(word)]
    return [(word, 1.0), (_COMPASS[word], 0.95)] if word in _COMPASS else [(word, 1.0)]


def _spell_run(asks: Question, choices: list[list[tuple[str, float]]], bits: int) -> None:
    for spelt in _some(choices):
        letters = sum(len(word) for word, _ in spelt)
        like = sum(one * len(word) for word, one in spelt) / letters
        if like < 1:
            _note(asks, tokens.join([word for word, _ in spelt]), bits, like)


def _spell_name(asks: Question, index: Index, run: list[str], bits: int) -> None:
    """The run as one word, looked up among whole names."""
    name = tokens.join(run)
    if len(name) < _LEAST_NAME or not name.isalpha():
        return
    for spelt in (name, *_opened(name)):
        if spelt != name and spelt in index.names:
            _note(asks, spelt, bits, 0.95)
        for meant, like in index.whole.meant(spelt):
            _note(asks, meant, bits, like)


def _opened(name: str) -> list[str]:
    """KIPLINGAVE as KIPLINGAVENUE."""
    if not name.endswith(_ANY_END):
        return []
    return [
        name[: -len(end)] + SHORT[end] for end in _ENDS if name.endswith(end) and len(name) > len(end) + 3
    ][:2]


def _note(asks: Question, name: str, bits: int, like: float) -> None:
    known = asks.near.get(name)
    if known is None or like > known[1] or (like == known[1] and bits.bit_count() > known[0].bit_count()):
        asks.near[name] = (bits, like)


def _some(choices: list[list[tuple[str, float]]]) -> Iterator[tuple[tuple[str, float], ...]]:
    for count, spelt in enumerate(product(*choices)):
        if count > _SPELLINGS:
            return
        yield spelt
