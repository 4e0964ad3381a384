"""Identifiers: UUIDv7 in the database, 26 lower-case Crockford base32 characters outside.

The text form sorts as the UUID does and is as long as a GOV.UK Pay payment id.
"""

import os
import re
import time
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
_PATTERN = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]  # of ten bits
_TO_BASE_32 = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # as int() reads it
_latest = 0


def new() -> UUID:
    """Make a UUIDv7 (RFC 9562, method 3): 48 bits of Unix milliseconds, 12 of their fraction, 62 random bits.

    It is later than every id this process made before, so that rows sort in the order they were written.
    """
    global _latest  # noqa: PLW0603 - one order for the process
    _latest = timestamp = max((time.time_ns() << 12) // 1_000_000, _latest + 1)
    millis, fraction = timestamp >> 12 & (2**48 - 1), timestamp & 0xFFF
    random = int.from_bytes(os.urandom(8)) & (2**62 - 1)
    return UUID(int=millis << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)


def show(value: UUID) -> str:
    """Write an id in the form that people and programs outside see."""
    number = value.int
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def read(text: str) -> UUID:
    """Read an id in its outside form. Raises ValueError for anything ``show`` does not write."""
    if len(text) != LENGTH:
        raise ValueError(f"an id is {LENGTH} characters of 0-9 and a-z without i, l, o, u")
    if not _PATTERN.fullmatch(text):
        raise ValueError("a character of it does not occur in an id")
    number = int(text.translate(_TO_BASE_32), 32)
    if number >> 128:
        raise ValueError("an id starts with 0 to 7")
    return UUID(int=number)


def _parse(value: object) -> object:
    return read(value) if isinstance(value, str) else value


Id = Annotated[
    UUID,
    BeforeValidator(_parse),
    PlainSerializer(show, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[0-7][0-9a-hjkmnp-tv-z]{25}$",
            "minLength": LENGTH,
            "maxLength": LENGTH,
        }
    ),
]
