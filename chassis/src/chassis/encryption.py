"""Seal secrets that a service must read again: AES-256-GCM, each bound to the row that has it.

A sealed secret is nonce and ciphertext. Bound to its row's id, two rows cannot be exchanged.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12


class WrongKeyError(ValueError):
    """The key is not the one that sealed this, or it was sealed for another row."""


def parse_key(text: str, name: str) -> bytes:
    """Parse a key from URL-safe base64. Raises ValueError, with its name, unless it is 32 bytes."""
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise ValueError(f"{name} is not URL-safe base64") from error
    if len(value) != KEY_BYTES:
        raise ValueError(f"{name} is {len(value)} bytes; it must be {KEY_BYTES}")
    return value


def derive_key(key: bytes, purpose: str) -> bytes:
    """Derive a key for one purpose (HKDF, RFC 5869), so that no two uses share key material."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def seal(key: bytes, plain: bytes, owner: bytes) -> bytes:
    """Seal a secret, bound to its owner: the bytes of its row's id."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, owner)


def unseal(key: bytes, sealed: bytes, owner: bytes) -> bytes:
    """Open what ``seal`` sealed for this owner. Raises WrongKeyError."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner)
    except (InvalidTag, ValueError) as error:
        raise WrongKeyError("the key does not open what was sealed for this row") from error
