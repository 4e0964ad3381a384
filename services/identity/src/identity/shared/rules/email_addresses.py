"""E-mail addresses: which are accepted, and when two are the same."""

import re
import unicodedata

NOBODYS_DOMAIN = "test"
"""Nobody owns it (RFC 2606); no message is sent there."""
MAX_LENGTH = 254  # RFC 5321
_LOCAL = r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}"
_LABEL = r"[^\s@.\x00-\x2c/:-@\[-`{-\x7f]{1,63}"
_TOP = r"[^\W\d_][\w-]{0,61}\w"
_SHAPE = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+{_TOP}")


def is_invalid(address: str) -> bool:
    """Whether it cannot be an address. That it is one is proven by an e-mail that arrives."""
    return len(address) > MAX_LENGTH or not _SHAPE.fullmatch(address) or ".." in address


def normalise(address: str) -> str:
    """Normalise an address for comparison: no provider in use distinguishes upper and lower case."""
    return unicodedata.normalize("NFC", address.strip()).casefold()


def mask(address: str) -> str:
    """Mask an address for a page that others may see: ``j***@example.org``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
