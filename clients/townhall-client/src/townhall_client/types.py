"""Types that the models of all capabilities share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, BinaryIO, Literal


class Unset:
    """The type of ``UNSET``."""

    def __bool__(self) -> Literal[False]:
        """Be false, as nothing is set."""
        return False


UNSET: Unset = Unset()
"""What an optional field has that is left out: it is not the same as None."""

FileContent = IO[bytes] | bytes | str
FileTypes = (
    tuple[str | None, FileContent, str | None] | tuple[str | None, FileContent, str | None, Mapping[str, str]]
)
RequestFiles = list[tuple[str, FileTypes]]


@dataclass(slots=True)
class File:
    """A file to send, or one that was sent. It is read in pieces as it goes out."""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """Make what httpx takes for a part of a form."""
        return self.file_name, self.payload, self.mime_type
