"""The checks that planning.data.gov.uk makes of a data set, made before it is published.

The kinds are those of digital-land/specification content/issue-type.csv, by their names there.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

from mapping.exports.rules.datasets import Dataset
from mapping.exports.rules.rows import DECIMALS, Row

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LONG = re.compile(rf"\.\d{{{DECIMALS + 1},}}")
_ENGLAND = (-6.5, 49.8, 2.0, 55.9)  # degrees: west, south, east, north
_BEYOND_DEGREES = 180.0
_AREAS = frozenset({"Polygon", "MultiPolygon"})
_URL = re.compile(r"https?://[^\s]+")


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that the national data set would not take, or not as it is meant."""

    reference: str
    field: str
    type: str
    message: str
    severity: Literal["error", "warning"] = "error"


def check_rows(
    dataset: Dataset, rows: Sequence[Row], parents: Mapping[str, frozenset[str]], today: date
) -> list[Issue]:
    """Check the rows of a data set. ``parents``: the references of the data sets that its columns name."""
    issues = list(_check_references(rows))
    for row in rows:
        issues += _check_values(dataset, row)
        issues += _check_choices(dataset, row, parents)
        issues += _check_dates(row, today)
        if dataset.has_place:
            issues += _check_place(dataset, row)
    return issues


def _check_references(rows: Iterable[Row]) -> Iterator[Issue]:
    counts = Counter(row["reference"] for row in rows)
    for reference, count in counts.items():
        if count > 1:
            message = f"{count} rows have this reference. Each needs one of its own, for ever."
            yield Issue(reference, "reference", "reference values are not unique", message)


def _check_values(dataset: Dataset, row: Row) -> Iterator[Issue]:
    reference = row["reference"]
    for column in sorted(dataset.required):
        if not row[column]:
            yield Issue(reference, column, "missing value", f"{column} must have a value.")
    for column in ("documentation-url", "document-url"):
        if row.get(column) and not _URL.fullmatch(row[column]):
            yield Issue(reference, column, "invalid URI", "It must be a web address, with https:// in front.")
    if bool(row.get("uprn")) != bool(row.get("address-text")):
        yield Issue(reference, "uprn", "missing value", "Give uprn and address-text both, or neither.")


def _check_choices(dataset: Dataset, row: Row, parents: Mapping[str, frozenset[str]]) -> Iterator[Issue]:
    reference = row["reference"]
    for column, values in dataset.categories.items():
        if row[column] and row[column] not in values:
            message = f"{row[column]!r} is none of {', '.join(sorted(values))}."
            yield Issue(reference, column, "invalid category value", message)
    for column, parent in dataset.parents.items():
        if row[column] and row[column] not in parents.get(parent, frozenset()):
            message = f"No {parent} has the reference {row[column]}: add it there, or mend this one."
            yield Issue(reference, column, "missing associated entity", message)


def _check_dates(row: Row, today: date) -> Iterator[Issue]:
    for column in (name for name in row if name.endswith("-date") and row[name]):
        if not _is_date(row[column]):
            message = f"{row[column]!r} is no date: write 2026-03-31, or 2026-03, or 2026."
            yield Issue(row["reference"], column, "invalid date", message)
    if row["entry-date"] > today.isoformat():
        yield Issue(row["reference"], "entry-date", "future entry-date", "The last change is never to come.")
    if row["start-date"] and row["end-date"] and row["end-date"] < row["start-date"]:
        message = "It ends before it begins."
        yield Issue(row["reference"], "end-date", "invalid date", message)


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return False
    return True


def _check_place(dataset: Dataset, row: Row) -> Iterator[Issue]:
    reference = row["reference"]
    if dataset.name == "tree" and not (row["point"] or row["geometry"]):
        yield Issue(reference, "point", "missing value", "A tree needs a point or a geometry.")
    for column, kinds in (("geometry", _AREAS), ("point", frozenset({"Point"}))):
        if row[column]:
            yield from _check_shape(reference, column, row[column], kinds)


def _check_shape(reference: str, column: str, text: str, kinds: frozenset[str]) -> Iterator[Issue]:
    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.GEOSException:
        yield Issue(reference, column, "invalid WKT", "It cannot be read as well-known text.")
        return
    if shape.geom_type not in kinds:
        choices = " or ".join(sorted(kinds))
        message = f"It is a {shape.geom_type}, and must be a {choices}."
        yield Issue(reference, column, "unexpected geometry type", message)
    if not shape.is_valid:
        yield Issue(reference, column, "invalid geometry", f"{shapely.is_valid_reason(shape)}.")
    if _LONG.search(text):
        message = f"At most {DECIMALS} decimals of a degree."
        yield Issue(reference, column, "invalid geometry", message, "warning")
    yield from _check_position(reference, column, shape)


def _check_position(reference: str, column: str, shape: BaseGeometry) -> Iterator[Issue]:
    west, south, east, north = shape.bounds
    if max(abs(each) for each in (west, south, east, north)) > _BEYOND_DEGREES:
        message = "These are metres of the National Grid, and must be longitude and latitude."
        yield Issue(reference, column, "OSGB coordinates", message)
    elif _inside(west, south, east, north):
        return
    elif _inside(south, west, north, east):
        message = "Latitude stands before longitude."
        yield Issue(reference, column, "flipped coordinates", message)
    else:
        yield Issue(reference, column, "outside England", "The data set is of England, and it lies outside.")


def _inside(west: float, south: float, east: float, north: float) -> bool:
    low_east, low_north, high_east, high_north = _ENGLAND
    return low_east <= west <= east <= high_east and low_north <= south <= north <= high_north
