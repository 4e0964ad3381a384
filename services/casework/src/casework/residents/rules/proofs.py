"""What a guest proves themselves by: an e-mail address, a phone number or a postcode given at opening. Pure.

An attempt costs the same whether the case is there or not, and whichever of its values is right.
"""

import hmac
import json
import re
from collections.abc import Iterable, Iterator

_MOST_PROOFS = 8  # of a case; each attempt compares so many
_MOST_TEXT = 20_000  # characters of the opening that are looked through
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,190}")
_POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})\b")
_NO_DIGITS = re.compile(r"[\s().-]+")
_PHONE = re.compile(r"\+?[0-9]{7,15}")
_HERE = "+44"
_NOTHING = b"\xff"  # of no text in UTF-8
DECOY = json.dumps({"address": [None, "1 Nowhere Street, XX1 1XX"], "email": [None, "nobody@example.org"]})
"""What is looked through where there is no case."""


def normalise(text: str) -> str:
    """Write a proof in one spelling, however it was typed."""
    stripped = text.strip()
    if "@" in stripped:
        return stripped.casefold()
    number = _NO_DIGITS.sub("", stripped)
    if _PHONE.fullmatch(number):
        if number.startswith("00"):
            return "+" + number[2:]
        return _HERE + number[1:] if number.startswith("0") else number
    return "".join(stripped.upper().split())


def list_proofs(email: str | None, phone: str | None, opening: str | None) -> list[str]:
    """List what proves a guest: the contact as it is now, and what the case's opening says (JSON)."""
    texts = [] if opening is None else [text[:_MOST_TEXT] for text in _list_texts(json.loads(opening))]
    proofs = [normalise(value) for value in (email, phone) if value]
    for text in texts:
        proofs += _find_in(text)
    return list(dict.fromkeys(proofs))[:_MOST_PROOFS]


def _list_texts(changes: dict[str, list[object]]) -> Iterator[str]:
    for pair in changes.values():
        if isinstance(pair[1], str):
            yield pair[1]


def _find_in(text: str) -> Iterator[str]:
    yield from (normalise(match) for match in _EMAIL.findall(text))
    yield from ("".join(match) for match in _POSTCODE.findall(text.upper()))
    number = _NO_DIGITS.sub("", text)
    if _PHONE.fullmatch(number):
        yield normalise(number)


def is_proven(proof: str, proofs: Iterable[str]) -> bool:
    """Compare a proof with each that there is, all of them always."""
    candidate = normalise(proof).encode()
    slots = [*(each.encode() for each in proofs), *[_NOTHING] * _MOST_PROOFS][:_MOST_PROOFS]
    equal = [hmac.compare_digest(candidate, slot) for slot in slots]
    return any(equal)
