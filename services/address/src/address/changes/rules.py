"""Encode and decode the cursor of the change feed: the last change read."""

import base64
import binascii
import re
from dataclasses import dataclass

_FORMAT = re.compile(rb"1\.([0-9]{1,18})\.([0-9]{1,18})")  # the format's number first
MAX_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in the feed: the transaction, and the place among all changes."""

    xact: int = 0
    position: int = 0

    def encode(self) -> str:
        """Encode as opaque text, safe in a URL."""
        return base64.urlsafe_b64encode(f"1.{self.xact}.{self.position}".encode()).decode().rstrip("=")


START = Cursor()


def decode(text: str) -> Cursor:
    """Decode a cursor. Raise ValueError for any other text."""
    try:
        match = _FORMAT.fullmatch(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError) as error:
        raise ValueError("is not a cursor of this feed") from error
    if match is None:
        raise ValueError("is not a cursor of this feed")
    return Cursor(int(match[1]), int(match[2]))
