"""References that bills carry, under rules that are a council's data, and references of our own.

A rule says length, characters, a mask and a check digit. A mask has one sign for each place, so that no
text makes it slow, as a regular expression of a stranger could: ``#`` digit, ``@`` letter, ``?`` either,
``[39]`` or ``[1-5]`` one of these, anything else itself; ``{7}`` repeats the sign before it.
"""

import re
import string
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from payments.shared import check_digits
from payments.shared.card_numbers import admits_card_number
from payments.shared.check_digits import CheckDigit, Mod97, WeightedSum

MAX_LENGTH = 255  # of a reference, as GOV.UK Pay's
MAX_MASK = 60  # places
_DIGITS, _LETTERS = frozenset(string.digits), frozenset(string.ascii_uppercase)
_SETS = {"#": _DIGITS, "@": _LETTERS, "?": _DIGITS | _LETTERS}
_SIGN = re.compile(r"([#@?A-Z0-9/.\-]|\[(?:[A-Z0-9](?:-[A-Z0-9])?)+\])(?:\{([1-9][0-9]?)\})?")
_CHARACTERS = {
    "digits": _DIGITS,
    "letters_digits": _DIGITS | _LETTERS,
    "text": _DIGITS | _LETTERS | frozenset(" /-._&'(),+:#"),
}
_IGNORED = {"nothing": "", "spaces": " ", "spaces_hyphens": " -"}
_UNSEEN = {"Cc", "Cf", "Cs"}  # categories: control and format characters, halves of a pair
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_OWN = Mod97(kind="mod97")

Code = Literal[
    "too_short", "too_long", "wrong_characters", "wrong_pattern", "wrong_check_digit", "card_number"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is not a reference under a rule."""

    code: Code
    message: str


class Rule(BaseModel):
    """A rule of references."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_length: int = Field(ge=1, le=MAX_LENGTH)
    max_length: int = Field(ge=1, le=MAX_LENGTH)
    characters: Literal["digits", "letters_digits", "text"] = Field(
        default="letters_digits", description="text: also spaces and / - . _ & ' ( ) , + : #"
    )
    mask: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="A sign for each place: # digit, @ letter, ? either, [39] one of these; {7} repeats",
        examples=["BJ#{7}?"],
    )
    ignores: Literal["nothing", "spaces", "spaces_hyphens"] = Field(
        default="spaces_hyphens", description="What people may type inside, and we leave out"
    )
    check: CheckDigit | None = Field(default=None, description="The check digit; null: there is none")

    @model_validator(mode="after")
    def _is_possible(self) -> "Rule":
        if self.min_length > self.max_length:
            raise ValueError("min_length must not be more than max_length")
        lengths = {len(parse_mask(self.mask))} if self.mask is not None else set()
        if isinstance(self.check, WeightedSum):
            lengths.add(len(self.check.weights))
        if lengths and lengths != {self.min_length} | {self.max_length}:
            raise ValueError("min_length, max_length, the places of the mask and the weights must be as many")
        if self._admits_card_numbers():
            raise ValueError(
                "card numbers fit this rule, and those are refused: narrow the mask, such as 2#{13}"
            )
        return self

    def _admits_card_numbers(self) -> bool:
        if self.mask is not None:
            return admits_card_number(parse_mask(self.mask))
        lengths = range(self.min_length, self.max_length + 1) if self.characters == "digits" else ()
        return any(admits_card_number((_DIGITS,) * length) for length in lengths)


@lru_cache(maxsize=1_000)
def parse_mask(mask: str) -> tuple[frozenset[str], ...]:
    """Parse a mask into the characters that each place may have. Raises ValueError if it is none."""
    places: list[frozenset[str]] = []
    position = 0
    while position < len(mask):
        sign = _SIGN.match(mask, position)
        if sign is None:
            raise ValueError(f"the mask cannot be read from its character {position + 1} on")
        allowed = _parse_set(sign[1][1:-1]) if sign[1][0] == "[" else _SETS.get(sign[1], frozenset(sign[1]))
        places.extend([allowed] * int(sign[2] or 1))
        position = sign.end()
    if len(places) > MAX_MASK:
        raise ValueError(f"a mask may have {MAX_MASK} places")
    return tuple(places)


def _parse_set(members: str) -> frozenset[str]:
    allowed: set[str] = set()
    for first, last in re.findall("(.)(?:-(.))?", members):
        span = {chr(code) for code in range(ord(first), ord(last or first) + 1)}
        if not span <= _SETS["?"] or not span:
            raise ValueError(f"{first}-{last} is no range of digits or letters")
        allowed |= span
    return frozenset(allowed)


def normalise(text: str, rule: Rule | None = None) -> str:
    """Write a reference as it is stored: trimmed, upper case, without what the rule ignores.

    Leading zeros stay. Without a rule it only loses what nobody sees, and is never longer than typed.
    """
    visible = "".join(
        " " if character.isspace() else character
        for character in text
        if unicodedata.category(character) not in _UNSEEN or character.isspace()
    )
    if rule is None:
        return visible.strip()
    ignored = dict.fromkeys(map(ord, _IGNORED[rule.ignores]))
    plain = unicodedata.normalize("NFKC", visible).translate(_DASHES).strip()
    return plain.translate(_UPPER).translate(ignored)


def find_fault(reference: str, rule: Rule) -> Fault | None:
    """Find why a normalised reference is none under a rule; None when it is one."""
    if len(reference) < rule.min_length:
        return Fault("too_short", f"has {len(reference)} characters, and {describe_length(rule)} are needed")
    if len(reference) > rule.max_length:
        return Fault("too_long", f"has {len(reference)} characters, and {describe_length(rule)} are needed")
    if not _CHARACTERS[rule.characters].issuperset(reference):
        return Fault("wrong_characters", "has a character that does not occur in these references")
    if rule.mask is not None and not _fits(reference, rule.mask):
        return Fault("wrong_pattern", "is not written as these references are")
    if rule.check is not None and not check_digits.is_right(rule.check, reference):
        return Fault("wrong_check_digit", "is mistyped: a digit is wrong, or two are in the wrong order")
    return None


def describe_length(rule: Rule) -> str:
    """Describe how long references are: ``9``, ``6 to 30``."""
    if rule.min_length == rule.max_length:
        return str(rule.min_length)
    return f"{rule.min_length} to {rule.max_length}"


def make_reference(prefix: str, number: int, digits: int = 8) -> str:
    """Make a reference of our own: a prefix, the number with leading zeros, two check digits (ISO 7064).

    It never has 12 digits in a row, so nothing takes it for a card number. Raises ValueError if it would.
    """
    body = f"{prefix}{number:0{digits}}"
    if len(str(number)) > digits or digits > 9 or not set(prefix) <= _LETTERS or number < 0:  # noqa: PLR2004
        raise ValueError("a reference of ours has a prefix of letters and at most 9 digits before the check")
    return body + str(_OWN.compute(body))


def _fits(reference: str, mask: str) -> bool:
    places = parse_mask(mask)
    return len(places) == len(reference) and all(map(frozenset.__contains__, places, reference))
