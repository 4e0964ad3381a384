"""The codes of offers that have no e-mail address: derived, written for people, hashed."""

import hashlib
import re
import secrets

from chassis.ids import ALPHABET

_CODE_LENGTH = 16
_CODE = re.compile(rf"[{ALPHABET}]{{{_CODE_LENGTH}}}")


def derive_code(secret: bytes) -> str:
    """Derive a code from a secret: 80 bits, too many to guess, written in groups of four."""
    number = int.from_bytes(hashlib.sha256(b"mandate code " + secret).digest())
    characters = "".join(ALPHABET[number >> 5 * place & 31] for place in range(_CODE_LENGTH))
    return "-".join(characters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def create_code() -> str:
    """Create a random code, which cannot be derived again."""
    return derive_code(secrets.token_bytes(32))


def hash_code(text: str) -> bytes:
    """Hash a code with SHA-256, however it was typed: in capitals, with spaces, with o for 0, i or l for 1.

    A text that cannot be a code has a hash too, which no offer has.
    """
    normalised = re.sub(r"[\s-]+", "", text).lower().translate(str.maketrans("oil", "011"))
    return hashlib.sha256(
        b"mandate " + (normalised.encode() if _CODE.fullmatch(normalised) else b"")
    ).digest()
