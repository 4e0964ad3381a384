"""Parse an address into words, and find the names it nearly has: misspelt, joined, incomplete."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from address.address_index.rules.index import Index
from address.address_text.rules import tokens
from address.address_text.rules.lexicon import FLATS, FLOORS, LEVELS, NOISE, NUMERALS, SHORT, TYPES
from address.address_text.rules.tokens import MAX_NAME_WORDS, MatchQuery, TokenisedAddress

SURE, LIKELY, PERHAPS, FAINT = 0.88, 0.75, 0.6, 0.42
_MAX_SPELLINGS = 16  # corrections of a run of words
_UNIT_WORDS = FLATS.keys() | LEVELS.keys() | FLOORS
_COMPASS = {"N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST"}
_ENDS = sorted((short for short in SHORT if SHORT[short] in TYPES), key=len, reverse=True)
_ANY_END = tuple(_ENDS)
_FIGURES, _HIGHEST = re.compile(r"\d+"), 9_999
_MIN_NAME, _MIN_TYPE = 5, 4


@dataclass(slots=True)
class AddressQuery:
    """An address in words, with the names that its misspelt runs of words may mean."""

    address: TokenisedAddress
    near: dict[str, tuple[int, float]] = field(default_factory=dict)
    unknown: int = 0  # bits of words that the gazetteer lacks
    types: int = 0  # bits of ROAD and the like, misspelt or not


def parse_query(match_query: MatchQuery, index: Index) -> AddressQuery:
    """Parse the address into words and find the names it nearly has."""
    address = tokens.tokenise(match_query, index.outwards, index.vocabulary.words)
    unknown = [place for place, word in enumerate(address.words) if _unknown(word, index)]
    if unknown and _correct_units(address, unknown, index):
        tokens.add_windows(address)
        unknown = [place for place in unknown if _unknown(address.words[place], index)]
    query = AddressQuery(address)
    for place in unknown:
        query.unknown |= 1 << place
    for place, word in enumerate(address.words):
        if word in TYPES or (query.unknown >> place & 1 and _is_type(word, index)):
            query.types |= 1 << place
    if unknown or any(word in _COMPASS for word in address.words):
        _correct_names(query, index)
    return query


def list_numbers(query: AddressQuery) -> list[int]:
    """List every number in the address, in digits or words, of a building or a part."""
    numbers = {int(figures) for word in query.address.words for figures in _FIGURES.findall(word)}
    numbers.update(int(NUMERALS[word]) for word in query.address.words if word in NUMERALS)
    return sorted(number for number in numbers if number <= _HIGHEST)


def _is_type(word: str, index: Index) -> bool:
    return any(candidate in TYPES for candidate, _ in index.vocabulary.list_candidates(word)[:1])


def _unknown(word: str, index: Index) -> bool:
    return len(word) > 2 and word.isalpha() and word not in index.vocabulary.words and word not in NOISE  # noqa: PLR2004


def _correct_units(address: TokenisedAddress, unknown: list[int], index: Index) -> bool:
    """Correct misspelt words for streets and parts of buildings. Return whether there were any."""
    changed = False
    for place in unknown:
        following = address.words[place + 1] if place + 1 < len(address.words) else ""
        numbered = following[:1].isdigit() or len(following) == 1 or following == "FLAT"
        for nth, (candidate, likeness) in enumerate(index.vocabulary.list_candidates(address.words[place])):
            kind = (
                nth == 0
                and candidate in TYPES
                and likeness >= LIKELY
                and len(address.words[place]) >= _MIN_TYPE
            )
            if kind or _is_surely_unit(candidate, likeness, numbered=numbered):
                address.words[place], changed = candidate, True
                break
    return changed


def _is_surely_unit(candidate: str, likeness: float, *, numbered: bool) -> bool:
    return (
        candidate in _UNIT_WORDS
        and len(candidate) >= _MIN_TYPE
        and (numbered or (likeness > LIKELY and candidate != "FLAT"))
    )


def _correct_names(query: AddressQuery, index: Index) -> None:
    """Correct the unknown words in runs of words."""
    words = query.address.words
    choices = [_choices(word, query.unknown >> place & 1, index) for place, word in enumerate(words)]
    for place in range(len(words)):
        if len(choices[place]) == 1 and not query.unknown >> place & 1:
            continue
        for start in range(max(0, place - 3), place + 1):
            for end in range(place + 1, min(len(words), start + MAX_NAME_WORDS, place + 4) + 1):
                if not words[end - 1].isalpha() or not words[start].isalpha():
                    continue
                bits = (1 << end) - (1 << start)
                _correct_run(query, choices[start:end], bits)
                if query.unknown >> place & 1:
                    _find_near_name(query, index, words[start:end], bits)


def _choices(word: str, unknown: int, index: Index) -> list[tuple[str, float]]:
    if unknown:
        return [(word, 1.0), *index.vocabulary.list_candidates(word)]
    return [(word, 1.0), (_COMPASS[word], 0.95)] if word in _COMPASS else [(word, 1.0)]


def _correct_run(query: AddressQuery, choices: list[list[tuple[str, float]]], bits: int) -> None:
    for spelt in _combine(choices):
        letters = sum(len(word) for word, _ in spelt)
        likeness = sum(spelling * len(word) for word, spelling in spelt) / letters
        if likeness < 1:
            _note_near(query, tokens.join_words([word for word, _ in spelt]), bits, likeness)


def _find_near_name(query: AddressQuery, index: Index, run: list[str], bits: int) -> None:
    """Look the run up as one word among whole names."""
    name = tokens.join_words(run)
    if len(name) < _MIN_NAME or not name.isalpha():
        return
    for spelt in (name, *_expand_ending(name)):
        if spelt != name and spelt in index.names:
            _note_near(query, spelt, bits, 0.95)
        for candidate, likeness in index.whole.list_candidates(spelt):
            _note_near(query, candidate, bits, likeness)


def _expand_ending(name: str) -> list[str]:
    """Expand the ending: KIPLINGAVE to KIPLINGAVENUE."""
    if not name.endswith(_ANY_END):
        return []
    return [
        name[: -len(end)] + SHORT[end] for end in _ENDS if name.endswith(end) and len(name) > len(end) + 3
    ][:2]


def _note_near(query: AddressQuery, name: str, bits: int, likeness: float) -> None:
    previous = query.near.get(name)
    if (
        previous is None
        or likeness > previous[1]
        or (likeness == previous[1] and bits.bit_count() > previous[0].bit_count())
    ):
        query.near[name] = (bits, likeness)


def _combine(choices: list[list[tuple[str, float]]]) -> Iterator[tuple[tuple[str, float], ...]]:
    for count, spelt in enumerate(product(*choices)):
        if count > _MAX_SPELLINGS:
            return
        yield spelt
