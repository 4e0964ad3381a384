"""E-mail addresses: which are taken, and when two are one."""

import re
import unicodedata

MAX_LENGTH = 254  # RFC 5321
_LOCAL = r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}"
_LABEL = r"[^\s@.\x00-\x2c/:-@\[-`{-\x7f]{1,63}"
_TOP = r"[^\W\d_][\w-]{0,61}\w"
_SHAPE = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+{_TOP}")


def is_invalid(address: str) -> bool:
    """Whether it cannot be an address. What it can be is shown by a letter that arrives."""
    return len(address) > MAX_LENGTH or not _SHAPE.fullmatch(address) or ".." in address


def normalise(address: str) -> str:
    """As addresses are compared: no provider in use tells letters' case apart."""
    return unicodedata.normalize("NFC", address.strip()).casefold()


def mask(address: str) -> str:
    """For a page somebody may look over: ``j***@example.org``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
