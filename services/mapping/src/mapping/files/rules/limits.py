"""What one file may cost, whoever sent it, and the error of a file that is refused whole. Pure."""

from dataclasses import dataclass
from typing import Any

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of reading or writing one file. Bytes, seconds, and counts."""

    unpacked: int = 1_000 * MEGABYTE  # bytes of all members of a zip together
    ratio: int = 250  # bytes that a packed byte may become, in a member over a megabyte
    members: int = 1_000  # a File Geodatabase has a few hundred
    memory: int = 3_000 * MEGABYTE  # bytes of address space, of which the libraries take about a third
    file_size: int = 3_000 * MEGABYTE  # bytes of one file that the process writes
    cpu: int = 240  # seconds
    wall: float = 280.0  # seconds
    features: int = 1_000_000
    vertices: int = 5_000_000
    vertices_of_feature: int = 1_000_000
    fields: int = 500
    text: int = 10_000  # characters of one value


class FileRefusedError(Exception):
    """A file is refused whole. ``code`` for programs; the sentence says what, where and what to do.

    ``choices``: of a file in which somebody must choose a layer, its layers.
    """

    def __init__(self, code: str, detail: str, choices: tuple[dict[str, Any], ...] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.choices = choices
