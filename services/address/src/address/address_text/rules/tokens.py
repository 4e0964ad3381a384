"""Split an address into words: capitals, no accents, short forms expanded, the postcode taken out."""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass, field

from address.address_text.rules.lexicon import FLATS, LEVEL_CODES, LEVELS, SHORT

MAX_WORDS = 32
_MIN_NAME = 3
MAX_NAME_WORDS = 6  # words looked up as one name
_APOSTROPHE = re.compile("['\u2019\u2018`\u00b4]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_RANGE = re.compile(r"\b(\d{1,4}[A-Z]?)\s*(?:-|\bTO\b|&)\s*(\d{1,4}[A-Z]?)\b")
_SLASH = re.compile(r"\b(\w{1,3})\s*/\s*(\w{1,3})\b")
_NOT_A_UNIT = re.compile(r"(?<=[A-Z]{2})[-/]|[-/](?=[A-Z]{2})")
_WORD = re.compile(r"[A-Z0-9&]+(?:[-/][A-Z0-9]+)*")
_RUN_TOGETHER = re.compile(
    r"(FLATNO|FLAT|FLT|APARTMENT|APT|UNIT|ROOM|SUITE|NO|F)\.?(\d{1,4}[A-Z]?(?:/\d{1,4}[A-Z]?)?)"
)
_LETTERED = re.compile(r"(FLAT|FLT|APT|APARTMENT)([A-RT-Z])")
_GLUED = re.compile(r"(\d{1,4}|\d{1,4}[A-Z]?[-/]\d{1,4})([A-Z]{3,})")  # 14ACACIA
_ORDINAL = re.compile(r"(\d(?:ST|ND|RD|TH))([A-Z]{2,})")  # 2NDAVE
_NUMBER_WORDS = frozenset({"NO", "NUMBER", "NUM", "NOS"})
# Royal Mail PAF Programmers' Guide: outward code A9 A99 AA9 AA99 A9A AA9A, inward code 9AA.
_POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})\b")
_SPACED = re.compile(r"\b([A-Z]{1,2}) ?([0-9][A-Z0-9]?) ?([0-9]) ?([A-Z]{2})\W*$")  # BA17 NE
_LOOSE = re.compile(r"\b(?=.*[0-9])([A-Z]{1,2}[0-9OIL][A-Z0-9]?)\s*([0-9OILSB][A-Z01568]{2})\W*$")
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_TO_DIGIT = str.maketrans("OILSB", "01158")
_TO_LETTER = str.maketrans("01568", "OISGB")
_COMPACT = re.compile(r"[^A-Z0-9]+")
_MIXED = re.compile(r"(?=(?:.*[A-Z]){3})[A-Z]*[01568][A-Z01568]*|0[A-Z]{2,}")
_TO_LETTERS = str.maketrans("01568", "OISGB")


@dataclass(frozen=True, slots=True)
class MatchQuery:
    """An address to match. ``postcode``: None when it was not given separately."""

    address: str
    postcode: str | None = None


@dataclass(slots=True)
class TokenisedAddress:
    """An address in words. ``windows`` maps every run of words, joined, to the bits of its positions."""

    words: list[str]
    postcode: str | None  # without a space
    windows: dict[str, list[int]] = field(default_factory=dict)
    _letters: dict[str, int] | None = None

    @property
    def letters(self) -> dict[str, int]:
        """Map the windows of letters only to the bits of one position."""
        if self._letters is None:
            letter_windows = self.windows.items()
            self._letters = {
                name: bits[0] for name, bits in letter_windows if len(name) >= _MIN_NAME and name.isalpha()
            }
        return self._letters


def to_capitals(text: str) -> str:
    """Convert to capitals without accents and apostrophes."""
    text = text.upper()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", _DASHES.sub("-", text.replace("\u00df", "SS"))).upper()
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return _APOSTROPHE.sub("", text)


def split_name(text: str) -> list[str]:
    """Split a name into words, short forms expanded: ``St. John's Rd`` to ST JOHNS ROAD."""
    return [SHORT.get(word, word) for word in _WORD.findall(_NOT_A_UNIT.sub(" ", to_capitals(text)))]


def join_name(text: str | None) -> str:
    """Join a name to one word without THE and AND, for comparison."""
    if not text:
        return ""
    return join_words(split_name(text))


def join_words(match: list[str]) -> str:
    """Join words to one. THE stays if only one word would be left (THE AVENUE)."""
    distinctive = [word for word in match if word not in {"THE", "AND"}]
    return "".join(distinctive if len(distinctive) > 1 else match)


def compact_postcode(postcode: str | None) -> str | None:
    """Compact ``ba1 1lj`` to ``BA11LJ``, correcting O for 0 and the like; None when nothing is left."""
    if not postcode:
        return None
    match = _COMPACT.sub("", to_capitals(postcode))
    if not match or len(match) > 8:  # noqa: PLR2004
        return None
    loose = _LOOSE.fullmatch(match)
    return match if loose is None or _POSTCODE.fullmatch(match) else _correct_postcode(*loose.groups())


def _correct_postcode(outward: str, inward: str) -> str:
    area = 2 if outward[1:2].isalpha() and outward[1] not in "OIL" else 1
    outward = outward[:area] + outward[area:].translate(_TO_DIGIT)
    return outward + inward[0].translate(_TO_DIGIT) + inward[1:].translate(_TO_LETTER)


def tokenise(
    query: MatchQuery, outwards: Container[str] = (), vocabulary: Container[str] = ()
) -> TokenisedAddress:
    """Split the address into words. ``outwards``: the gazetteer's outward codes, which may end an address;
    ``vocabulary``: its words."""
    text, inside = _take_postcode(to_capitals(query.address), outwards)
    text = _RANGE.sub(r"\1-\2", text.replace(" T/A ", " "))
    text = _NOT_A_UNIT.sub(" ", _SLASH.sub(r"\1/\2", text))
    match: list[str] = []
    for word in _WORD.findall(text)[: 3 * MAX_WORDS]:
        match += _split_word(word, vocabulary)
    inside = _take_outward(match, outwards) or inside
    address = TokenisedAddress(match[:MAX_WORDS], compact_postcode(query.postcode) or inside)
    add_windows(address)
    return address


def _take_postcode(text: str, outwards: Container[str]) -> tuple[str, str | None]:
    """Return the text without its last postcode, and the postcode."""
    whole = list(_POSTCODE.finditer(text))
    last = whole[-1] if whole else _LOOSE.search(text)
    if last is None and (spaced := _SPACED.search(text)) and spaced.group(1) + spaced.group(2) in outwards:
        return text[: spaced.start()], "".join(spaced.groups())
    if last is None:
        return text, None
    return text[: last.start()] + " " + text[last.end() :], _correct_postcode(*last.groups())


def _take_outward(match: list[str], outwards: Container[str]) -> str | None:
    """Remove part of a postcode at the end: BA1, or BA1 1."""
    for length in (2, 1):
        if len(match) <= length or match[-length] not in outwards or match[-length - 1] in FLATS:
            continue
        last = match[-1] if length > 1 else ""
        if length == 1 or (last[0].isdigit() and len(last) <= 2):  # noqa: PLR2004
            address = match[-length] + last
            del match[-length:]
            return address
    return None


def _split_word(word: str, vocabulary: Container[str]) -> list[str]:
    """Split a word: FLAT2 is two words, a number's NO none. ``vocabulary``: the gazetteer's words."""
    if word in _NUMBER_WORDS:
        return []
    if word in vocabulary or word in FLATS or word in LEVELS or word in LEVEL_CODES:
        return [SHORT.get(word, word)]
    if together := _RUN_TOGETHER.fullmatch(word) or _LETTERED.fullmatch(word):
        kind = "FLAT" if together.group(1) in {"F", "FLATNO"} else together.group(1)
        return [together.group(2)] if kind == "NO" else [SHORT.get(kind, kind), together.group(2)]
    return _split_mixed(word, vocabulary)


def _split_mixed(word: str, vocabulary: Container[str]) -> list[str]:
    """Split a word of digits and letters: R0AD is ROAD, 2NDAVE and 14ACACIA are two words."""
    if _MIXED.fullmatch(word) and (not word[0].isdigit() or word.translate(_TO_LETTERS) in vocabulary):
        word = word.translate(_TO_LETTERS)
    elif ordinal := _ORDINAL.fullmatch(word):
        return [SHORT.get(part, part) for part in ordinal.groups()]
    elif glued := _GLUED.fullmatch(word):
        return _split_number(glued.group(1), glued.group(2), vocabulary)
    return [SHORT.get(word, word)]


def _split_number(number: str, word: str, vocabulary: Container[str]) -> list[str]:
    """Split 14ACACIA into 14 and ACACIA, 14BACACIA into 14B and ACACIA."""
    if word not in vocabulary and word not in SHORT and (word[1:] in vocabulary or word[1:] in SHORT):
        number, word = number + word[0], word[1:]
    return [number, SHORT.get(word, word)]


def add_windows(address: TokenisedAddress) -> None:
    """Add every run of up to MAX_NAME_WORDS words as one word."""
    match, windows = address.words, address.windows
    windows.clear()
    for start in range(len(match)):
        name, bits = "", 0
        for end in range(start, min(start + MAX_NAME_WORDS, len(match))):
            word = match[end]
            bits |= 1 << end
            if word not in {"THE", "AND"} or end == start:
                name += word
            windows.setdefault(name, []).append(bits)
