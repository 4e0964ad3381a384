"""NKeys: a user's seed is its secret; the server's configuration holds only the public key.

The encoding is that of NATS (github.com/nats-io/nkeys): base32 of a prefix, 32 bytes and a CRC-16. It is
written out here because the library for it has no wheel, and images install from wheels only.
"""

import base64
import binascii
import os

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SEED = 18 << 3  # the prefix that makes the first character an S
_USER = 20 << 3  # and this one a U
_SEED_PREFIX = bytes([_SEED | _USER >> 5, (_USER & 31) << 3])
_KEY_LENGTH = 56
_BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


class UserKey:
    """A user's key pair, made of its seed. Raises ValueError for text that is no seed of a user."""

    def __init__(self, seed: str) -> None:
        raw = _decode(seed.strip())
        if raw[:2] != _SEED_PREFIX or len(raw) != len(_SEED_PREFIX) + 32:
            raise ValueError("not the seed of a user: it begins with SU and has 58 characters")
        self._private = Ed25519PrivateKey.from_private_bytes(raw[2:])
        self.public = _encode(bytes([_USER]) + self._private.public_key().public_bytes_raw())

    def sign(self, nonce: str) -> bytes:
        """Sign what the server sent, as its protocol wants it."""
        return base64.b64encode(self._private.sign(nonce.encode()))


def make_seed() -> str:
    """Make the seed of a new user."""
    return _encode(_SEED_PREFIX + os.urandom(32))


def get_public_key(seed: str) -> str:
    """Return the public key of a user's seed. Raises ValueError for text that is no such seed."""
    return UserKey(seed).public


def is_user_key(text: str) -> bool:
    """Check whether text has the form of a user's public key."""
    return len(text) == _KEY_LENGTH and text[0] == "U" and set(text) <= _BASE32


def _encode(data: bytes) -> str:
    checksum = binascii.crc_hqx(data, 0).to_bytes(2, "little")
    return base64.b32encode(data + checksum).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """Return what text encodes. Raises ValueError when its checksum is wrong."""
    try:
        decoded = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error as error:
        raise ValueError("not an NKey: it has capital letters and the digits 2 to 7") from error
    data = decoded[:-2]
    if _encode(data) != text:  # the checksum, and the bits of the last character that mean nothing
        raise ValueError("not an NKey: a character is wrong or missing")
    return data
