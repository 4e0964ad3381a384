"""The cursor of the change feed: which change was the last one seen."""

import base64
import binascii
import re
from dataclasses import dataclass

_FORMAT = re.compile(rb"1\.([0-9]{1,18})\.([0-9]{1,18})")  # the shape's own number first
MAX_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the feed: the transaction, and the position among all changes."""

    xact: int = 0
    position: int = 0

    def show(self) -> str:
        """Opaque text, safe in a URL."""
        return base64.urlsafe_b64encode(f"1.{self.xact}.{self.position}".encode()).decode().rstrip("=")


START = Cursor()


def decode(text: str) -> Cursor:
    """The cursor that was shown so. Raises ValueError for any other text."""
    try:
        found = _FORMAT.fullmatch(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError) as error:
        raise ValueError("is not a cursor of this feed") from error
    if found is None:
        raise ValueError("is not a cursor of this feed")
    return Cursor(int(found[1]), int(found[2]))
