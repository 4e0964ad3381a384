"""An address cut into words: capitals, no accents, short forms put right, the postcode taken out."""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass, field

from address.address_text.rules.lexicon import FLATS, LEVEL_CODES, LEVELS, SHORT

MOST_WORDS = 32
_LEAST_NAME = 3
LONGEST_NAME = 6  # words that are looked up as one name
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
class Asked:
    """What somebody wants the property of. ``postcode`` None when it was not given apart."""

    address: str
    postcode: str | None = None


@dataclass(slots=True)
class Said:
    """An address in words. ``windows``: every run of words without spaces, to the bits of its places."""

    words: list[str]
    postcode: str | None  # without a space
    windows: dict[str, list[int]] = field(default_factory=dict)
    _letters: dict[str, int] | None = None

    @property
    def letters(self) -> dict[str, int]:
        """The windows of letters alone, to the bits of one place."""
        if self._letters is None:
            several = self.windows.items()
            self._letters = {
                name: bits[0] for name, bits in several if len(name) >= _LEAST_NAME and name.isalpha()
            }
        return self._letters


def plain(text: str) -> str:
    """Capitals without accents and apostrophes."""
    text = text.upper()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", _DASHES.sub("-", text.replace("\u00df", "SS"))).upper()
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return _APOSTROPHE.sub("", text)


def words(text: str) -> list[str]:
    """The words of a name, short forms put right: ``St. John's Rd`` -> ST JOHNS ROAD."""
    return [SHORT.get(word, word) for word in _WORD.findall(_NOT_A_UNIT.sub(" ", plain(text)))]


def joined(text: str | None) -> str:
    """A name as one word, without THE and AND: what is compared when names are."""
    if not text:
        return ""
    return join(words(text))


def join(found: list[str]) -> str:
    """Words as one. THE stays where but one word would be left (THE AVENUE)."""
    kept = [word for word in found if word not in {"THE", "AND"}]
    return "".join(kept if len(kept) > 1 else found)


def compact(postcode: str | None) -> str | None:
    """``ba1 1lj`` -> ``BA11LJ``; slips of O for 0 and the like are put right; None when nothing is left."""
    if not postcode:
        return None
    found = _COMPACT.sub("", plain(postcode))
    if not found or len(found) > 8:  # noqa: PLR2004
        return None
    loose = _LOOSE.fullmatch(found)
    return found if loose is None or _POSTCODE.fullmatch(found) else _put_right(*loose.groups())


def _put_right(outward: str, inward: str) -> str:
    area = 2 if outward[1:2].isalpha() and outward[1] not in "OIL" else 1
    outward = outward[:area] + outward[area:].translate(_TO_DIGIT)
    return outward + inward[0].translate(_TO_DIGIT) + inward[1:].translate(_TO_LETTER)


def read(asked: Asked, outwards: Container[str] = (), known: Container[str] = ()) -> Said:
    """The address in words. ``outwards``: the gazetteer's outward codes, which may end an address;
    ``known``: its words."""
    text, inside = _take_postcode(plain(asked.address), outwards)
    text = _RANGE.sub(r"\1-\2", text.replace(" T/A ", " "))
    text = _NOT_A_UNIT.sub(" ", _SLASH.sub(r"\1/\2", text))
    found: list[str] = []
    for word in _WORD.findall(text)[: 3 * MOST_WORDS]:
        found += _split(word, known)
    inside = _take_outward(found, outwards) or inside
    said = Said(found[:MOST_WORDS], compact(asked.postcode) or inside)
    open_windows(said)
    return said


def _take_postcode(text: str, outwards: Container[str]) -> tuple[str, str | None]:
    """The text without the last postcode in it, and that."""
    whole = list(_POSTCODE.finditer(text))
    last = whole[-1] if whole else _LOOSE.search(text)
    if last is None and (spaced := _SPACED.search(text)) and spaced.group(1) + spaced.group(2) in outwards:
        return text[: spaced.start()], "".join(spaced.groups())
    if last is None:
        return text, None
    return text[: last.start()] + " " + text[last.end() :], _put_right(*last.groups())


def _take_outward(found: list[str], outwards: Container[str]) -> str | None:
    """Part of a postcode at the end, taken away: BA1, or BA1 1."""
    for length in (2, 1):
        if len(found) <= length or found[-length] not in outwards or found[-length - 1] in FLATS:
            continue
        last = found[-1] if length > 1 else ""
        if length == 1 or (last[0].isdigit() and len(last) <= 2):  # noqa: PLR2004
            said = found[-length] + last
            del found[-length:]
            return said
    return None


def _split(word: str, known: Container[str]) -> list[str]:
    """A word as the words it is: FLAT2 is two, a number's NO none. ``known``: the gazetteer's words."""
    if word in _NUMBER_WORDS:
        return []
    if word in known or word in FLATS or word in LEVELS or word in LEVEL_CODES:
        return [SHORT.get(word, word)]
    if together := _RUN_TOGETHER.fullmatch(word) or _LETTERED.fullmatch(word):
        kind = "FLAT" if together.group(1) in {"F", "FLATNO"} else together.group(1)
        return [together.group(2)] if kind == "NO" else [SHORT.get(kind, kind), together.group(2)]
    return _cut(word, known)


def _cut(word: str, known: Container[str]) -> list[str]:
    """A word of figures and letters as the words it is: R0AD is ROAD, 2NDAVE and 14ACACIA are two."""
    if _MIXED.fullmatch(word) and (not word[0].isdigit() or word.translate(_TO_LETTERS) in known):
        word = word.translate(_TO_LETTERS)
    elif ordinal := _ORDINAL.fullmatch(word):
        return [SHORT.get(part, part) for part in ordinal.groups()]
    elif glued := _GLUED.fullmatch(word):
        return _unglued(glued.group(1), glued.group(2), known)
    return [SHORT.get(word, word)]


def _unglued(number: str, word: str, known: Container[str]) -> list[str]:
    """14ACACIA is 14 and ACACIA; 14BACACIA is 14B."""
    if word not in known and word not in SHORT and (word[1:] in known or word[1:] in SHORT):
        number, word = number + word[0], word[1:]
    return [number, SHORT.get(word, word)]


def open_windows(said: Said) -> None:
    """Every run of up to LONGEST_NAME words as one word."""
    found, windows = said.words, said.windows
    windows.clear()
    for start in range(len(found)):
        name, bits = "", 0
        for end in range(start, min(start + LONGEST_NAME, len(found))):
            word = found[end]
            bits |= 1 << end
            if word not in {"THE", "AND"} or end == start:
                name += word
            windows.setdefault(name, []).append(bits)
