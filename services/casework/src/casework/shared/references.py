"""References of cases: unique in the region, not to be guessed, and with a check character.

``HF7K-2P9Q-XBC``: ten random characters of 29 (48 bits) and one that checks them. No vowels, so no words; no
0, O, I or L, which people mistake for each other.
"""

import secrets

ALPHABET = "123456789BCDFGHJKMNPQRSTVWXYZ"
_RANDOM, _GROUP = 10, 4
LENGTH = _RANDOM + 1
_MISREAD = str.maketrans({"I": "1", "L": "1"})
_SEPARATORS = str.maketrans("", "", " -")


def make_reference() -> str:
    """Make a reference, without separators."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM))
    return body + _check(body)


def format_reference(reference: str) -> str:
    """Write a reference as people read it, in groups."""
    return "-".join(reference[start : start + _GROUP] for start in range(0, len(reference), _GROUP))


def read_reference(text: str) -> str | None:
    """Read what somebody typed; None if it cannot be a reference.

    Any one wrong character is noticed, and any two that were exchanged: 29 is a prime.
    """
    reference = text.upper().translate(_SEPARATORS).translate(_MISREAD)
    if len(reference) != LENGTH or not set(reference) <= set(ALPHABET):
        return None
    return reference if _check(reference[:-1]) == reference[-1] else None


def _check(body: str) -> str:
    total = sum(place * ALPHABET.index(character) for place, character in enumerate(body, 2))
    return ALPHABET[-total % len(ALPHABET)]
