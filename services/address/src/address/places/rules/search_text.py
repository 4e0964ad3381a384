"""Parse the text of an address search: names, units, a postcode, a UPRN."""

import re
import unicodedata
from dataclasses import dataclass

from address.places.rules import postcode_search
from address.places.rules.postcode_search import PostcodeSearch

MAX_WORDS = 12
MAX_WORD_LENGTH = 40
_UPRN = re.compile(r"[0-9]{6,12}")
_APOSTROPHE = re.compile("['\u2019\u2018`]")
_NOT_A_WORD = re.compile(r"[^A-Z0-9]+")
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_INWARD = re.compile(r"[0-9][A-Z]{0,2}")
# Words for a part of a building. They occur in street names too (FIRST AVENUE), so they narrow a search but
# only start one if there is nothing else.
_UNIT_WORDS = frozenset(
    {"FLAT", "APARTMENT", "APT", "UNIT", "ROOM", "STUDIO", "SUITE", "MAISONETTE", "ANNEXE", "ANNEX"}
    | {"BASEMENT", "GROUND", "FIRST", "SECOND", "THIRD", "FOURTH", "TOP", "UPPER", "LOWER", "FLOOR"}
    | {"REAR", "FRONT"}
)
_SHORT_FORMS = {
    "RD": "ROAD",
    "LN": "LANE",
    "CT": "COURT",
    "GDNS": "GARDENS",
    "PK": "PARK",
    "BLDGS": "BUILDINGS",
    "AVE": "AVENUE",
    "CL": "CLOSE",
    "CRES": "CRESCENT",
    "DR": "DRIVE",
    "GDN": "GARDEN",
    "GRV": "GROVE",
    "HSE": "HOUSE",
    "MT": "MOUNT",
    "PL": "PLACE",
    "SQ": "SQUARE",
    "TERR": "TERRACE",
    "COTT": "COTTAGE",
    "COTTS": "COTTAGES",
}
# The last words of street names: ST before one of these is a saint.
STREET_KINDS = frozenset(_SHORT_FORMS.values()) | {"STREET", "WAY", "HILL", "GREEN", "ROW", "MEWS", "RISE"}


@dataclass(frozen=True, slots=True)
class AddressSearch:
    """A parsed search. ``names``: words of street and building; ``units``: of number and flat."""

    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    postcode: PostcodeSearch | None = None
    uprn: int | None = None
    typing: str | None = None  # the last of them, perhaps unfinished
    words: tuple[str, ...] = ()  # names and units in the order they were typed


def split_words(text: str) -> list[str]:
    """Split a text into words as the search tables hold them: capitals A to Z and digits.

    The SQL that fills the tables does the same; a test keeps the two equal.
    """
    plain = unicodedata.normalize("NFKD", text.upper())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_A_WORD.sub(" ", _APOSTROPHE.sub("", plain).upper()).split()


def parse_search(text: str) -> AddressSearch:
    """Parse a search. Words after the twelfth and letters after the fortieth are ignored."""
    words = [word[:MAX_WORD_LENGTH] for word in split_words(text)[:MAX_WORDS]]
    if len(words) == 1 and _UPRN.fullmatch(words[0]):
        return AddressSearch(uprn=int(words[0]))
    postcode, words, ends = _take_postcode(words)
    typing = None if not words or ends or text[-1:].isspace() else words[-1]
    names = [word for word in words if not _is_unit(word, unfinished=word is typing)]
    units = [word for word in words if word not in names]
    if not names and not postcode:
        names = [word for word in units if word.isalpha()][-1:]
        units = [word for word in units if word not in names]
    return AddressSearch(_expand(names, typing), tuple(units), postcode, typing=typing, words=tuple(words))


def _expand(names: list[str], typing: str | None) -> tuple[str, ...]:
    """Expand short forms. HIGH ST is a street, ST JOHNS ROAD a saint's."""
    full = [word if word is typing else _SHORT_FORMS.get(word, word) for word in names]
    for place, word in enumerate(full):
        if word == "ST" and word is not typing and place and STREET_KINDS.isdisjoint(full[place + 1 :]):
            full[place] = "STREET"
    return tuple(full)


def _is_unit(word: str, *, unfinished: bool) -> bool:
    if len(word) == 1 or word in _UNIT_WORDS or not word.isalpha():
        return True
    return unfinished and len(word) > 1 and any(unit.startswith(word) for unit in _UNIT_WORDS)


def _take_postcode(words: list[str]) -> tuple[PostcodeSearch | None, list[str], bool]:
    """Return the postcode among the words, the other words, and whether the postcode was last."""
    for place, word in enumerate(words):
        if place and words[place - 1] in _UNIT_WORDS:
            continue  # UNIT B1 is not a postcode
        following = words[place + 1] if place + 1 < len(words) else ""
        for length, typed in ((2, f"{word} {following}"), (1, word)):
            search = _postcode(typed, alone=length == 1)
            if search is not None:
                return search, words[:place] + words[place + length :], place + length == len(words)
    return None, words, False


def _postcode(typed: str, *, alone: bool) -> PostcodeSearch | None:
    outward, _, inward = typed.partition(" ")
    if not alone and not (_OUTWARD.fullmatch(outward) and _INWARD.fullmatch(inward)):
        return None
    try:
        return postcode_search.parse_postcode(typed)
    except ValueError:
        return None
