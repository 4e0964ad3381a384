"""What the reader of a format gives: batches of rows as the file has them, before they are checked. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from mapping.files.rules.geometries import Geometries
from mapping.files.rules.reference_systems import Bounds


@dataclass(slots=True)
class RawBatch:
    """Rows of a file, in its own coordinates. ``first``: the number of the first row, from 1.

    ``problems``: by index in the batch, code and sentence of rows that could not be read.
    """

    first: int
    fids: list[str | None]
    geometries: Geometries
    properties: list[dict[str, Any]]
    problems: dict[int, tuple[str, str]] = field(default_factory=dict)


class RawFile(Protocol):
    """A file that is open: what it says of itself, and its rows."""

    declared: int | None
    """The EPSG number of its coordinates, 0 of others, or none."""
    fields: list[dict[str, str]]
    total: int | None

    def measure(self) -> Bounds | None:
        """Measure where the file's places lie, in its own coordinates."""
        ...

    def read(self) -> Iterator[RawBatch]:
        """Read the rows."""
        ...
