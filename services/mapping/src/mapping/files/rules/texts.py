"""Texts of files: tell their encoding, and clean them. Pure."""

import unicodedata
from collections.abc import Iterable
from typing import Any

_LAST = "latin-1"  # never fails
_BEYOND_ASCII, _FIRST_OF_SEVERAL = 0x80, 0xC0  # bytes of UTF-8
MAX_SAMPLES = 5


def tell_encoding(chunks: Iterable[bytes]) -> str:
    """Tell the encoding of bytes: UTF-8 if all of them are, else Windows-1252, else ISO 8859-1."""
    candidates = ["utf-8", "cp1252"]
    tail = b""
    for chunk in chunks:
        text, tail = _cut(tail + chunk)
        candidates = [name for name in candidates if _fits(text, name)]
    return next((name for name in candidates if _fits(tail, name)), _LAST)


def _cut(chunk: bytes) -> tuple[bytes, bytes]:
    """Cut a chunk before a character of UTF-8 that its end may have divided."""
    for back in range(1, min(4, len(chunk)) + 1):
        if chunk[-back] >= _FIRST_OF_SEVERAL:
            return chunk[:-back], chunk[-back:]
        if chunk[-back] < _BEYOND_ASCII:
            break
    return chunk, b""


def _fits(chunk: bytes, encoding: str) -> bool:
    try:
        chunk.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def redecode(text: str, encoding: str) -> str:
    """Decode again a text that was read as ISO 8859-1. What does not fit becomes U+FFFD."""
    return text if text.isascii() else text.encode(_LAST, "replace").decode(encoding, "replace")


def clean_text(text: str) -> str:
    """Take from a text the characters that PostgreSQL or a page cannot hold; canonical composition."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = "".join(
        letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in _UNFIT
    )
    return unicodedata.normalize("NFC", text).strip()


_UNFIT = frozenset({"Cc", "Cs", "Co", "Cn"})


def take_samples(samples: list[str], properties: Iterable[Any]) -> None:
    """Keep a few texts with letters beyond ASCII, by which people see whether the encoding is right."""
    for value in properties:
        if len(samples) >= MAX_SAMPLES:
            return
        if isinstance(value, str) and not value.isascii() and value[:80] not in samples:
            samples.append(value[:80])
