"""What is asked of a reading, and what it reports: plain data that passes between two processes. Pure."""

from dataclasses import asdict, dataclass, field
from typing import Any

NATIONAL_GRID, LONGITUDE_LATITUDE = 27700, 84


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """How a file is to be read.

    ``name``: as it was sent. ``target``: the SRID of the rows that come out, 27700 or 84 (CRS84).
    ``geometry_type``: Point, LineString or Polygon, each with its multiple form; none takes any. ``layer``,
    ``crs`` (an EPSG number, or 84) and ``encoding`` are a person's word, and go before what the file says.
    """

    name: str
    target: int
    geometry_type: str | None = None
    layer: str | None = None
    crs: int | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """How rows are to be written as a file.

    ``rows`` is a file of rows (``actions.rows``) in the coordinates of ``srid``, 27700 or 84; GeoJSON is
    always written in 84, so its rows must be. ``fields``: name and type of each property, in their order; the
    types are those of a layer. ``geometry_type``: Point, LineString or Polygon.
    """

    format: str  # of formats.Format: GeoJSON, GeoPackage or CSV
    rows: str
    out: str
    layer: str
    title: str
    fields: list[dict[str, str]]
    geometry_type: str
    srid: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know of a file. ``guess``: they must say that it is right."""

    code: str
    detail: str
    guess: bool = False


@dataclass(slots=True)
class FileReport:
    """What was read. ``crs``: what the numbers were taken to be; ``bounds``: west, south, east, north."""

    format: str = ""
    layer: str = ""
    layers: list[dict[str, Any]] = field(default_factory=list)
    crs: str = ""
    fields: list[dict[str, str]] = field(default_factory=list)
    rows: int = 0
    features: int = 0
    refused: int = 0
    repaired: int = 0
    without_place: int = 0
    with_heights: int = 0
    vertices: int = 0
    bounds: list[float] | None = None
    notes: list[Note] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)

    def note(self, code: str, detail: str, *, guess: bool = False) -> None:
        """Add a note, once of a code."""
        if all(note.code != code for note in self.notes):
            self.notes.append(Note(code, detail, guess))

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return asdict(self)


def read_report(value: dict[str, Any]) -> FileReport:
    """Read a report that ``to_json`` wrote."""
    notes = [Note(**note) for note in value["notes"]]
    return FileReport(**{**value, "notes": notes})


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of a file. ``row`` counts from 1; ``fid``: the file's own id of it, if it has one.

    ``wkb``: 2-D, in the target's coordinates; none is a feature without place. A row with a ``problem``
    (code, sentence) was refused, and has no ``wkb``.
    """

    row: int
    fid: str | None
    wkb: bytes | None
    properties: dict[str, Any]
    problem: tuple[str, str] | None = None
    repaired: bool = False
