"""Rows of a data set, made of a layer's features."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from mapping.exports.rules.datasets import Dataset

DECIMALS = 6
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """A feature with its shape in degrees, when it last changed, and from and until when it holds."""

    fid: str
    properties: Mapping[str, Any]
    shape: BaseGeometry | None
    changed_at: datetime
    valid_from: datetime | None
    valid_to: datetime | None


def make_row(dataset: Dataset, record: Record) -> Row:
    """Make the row of a feature: every column, empty where nothing is known."""
    row = {column: _read(dataset, record, column) for column in dataset.columns}
    row["reference"] = record.fid
    if dataset.has_place:
        row |= _place(record.shape)
    start = str(record.properties.get(dataset.start) or "") if dataset.start else ""
    dates = {
        "start-date": _day(record.valid_from) or start,
        "end-date": _day(record.valid_to),
        "entry-date": _day(record.changed_at),
    }
    return row | dates


def _read(dataset: Dataset, record: Record, column: str) -> str:
    value = record.properties.get(dataset.find_property(column))
    return "" if value is None else " ".join(str(value).split())


def _place(shape: BaseGeometry | None) -> Row:
    if shape is None or shape.is_empty:
        return {"geometry": "", "point": ""}
    if isinstance(shape, shapely.Point):
        return {"geometry": "", "point": _to_wkt(shape)}
    return {"geometry": _to_wkt(shape), "point": _to_wkt(shape.representative_point())}


def _to_wkt(shape: BaseGeometry) -> str:
    """Write a shape with its coordinates rounded so that what is valid stays valid."""
    rounded = shapely.set_precision(shape, 10**-DECIMALS) if shape.is_valid else shape
    return str(shapely.to_wkt(rounded, rounding_precision=DECIMALS))


def _day(when: datetime | date | None) -> str:
    return "" if when is None else f"{when:%Y-%m-%d}"
