"""NKeys: a user's seed is its secret; the server's configuration holds only the public key."""

import os

import nkeys


def make_seed() -> str:
    """Make the seed of a new user."""
    return str(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER).decode())


def get_public_key(seed: str) -> str:
    """Return the public key of a user's seed. Raises ValueError for text that is no such seed."""
    try:
        pair = nkeys.from_seed(bytearray(seed.strip().encode()))
        return str(pair.public_key.decode())
    except Exception as error:  # nkeys raises kinds of its own, and binascii's
        raise ValueError("not the seed of an NKey: it begins with SU and has 58 characters") from error


def is_user_key(text: str) -> bool:
    """Check whether text has the form of a user's public key."""
    return len(text) == _KEY_LENGTH and text[0] == "U" and set(text) <= _BASE32


_KEY_LENGTH = 56
_BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
