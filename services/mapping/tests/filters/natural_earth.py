"""The standard's test tables, read with sqlite and WKB: no GDAL in this process."""

import csv
import sqlite3
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy
import shapely

from mapping.filters.rules.nodes import Kind

FOLDER = Path(__file__).parent
_KINDS = {"INTEGER": Kind.NUMBER, "REAL": Kind.NUMBER, "DATE": Kind.DATE, "DATETIME": Kind.TIMESTAMP}
_KINDS |= {"BOOLEAN": Kind.BOOLEAN}
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)  # GeoPackage 1.3, 2.1.3: by the flags' three bits


class Case(NamedTuple):
    """A filter of the standard's abstract tests."""

    conformance_class: str
    table: str
    filter: str
    count: int


class Table:
    """One table, as filters read it."""

    def __init__(self, name):
        database = sqlite3.connect(f"file:{FOLDER / 'cql2_ne110m.gpkg'}?mode=ro", uri=True)
        columns = database.execute(f'PRAGMA table_info("{name}")').fetchall()
        self.queryables = {column[1]: _KINDS.get(column[2], Kind.STRING) for column in columns}
        self.queryables["geom"] = Kind.GEOMETRY
        rows = database.execute(f'SELECT * FROM "{name}"').fetchall()
        self.count = len(rows)
        self._columns = {}
        for index, (_, column, *_rest) in enumerate(columns):
            values = numpy.empty(len(rows), object)
            values[:] = [read(row[index], self.queryables[column]) for row in rows]
            self._columns[column] = values

    def values(self, name, rows):
        return self._columns[name][rows]

    def geometries(self, rows):
        return self._columns["geom"][rows]


def read(value, kind):
    """Read a value of the file as JSON would have it."""
    if value is None:
        return None
    if kind is Kind.GEOMETRY:
        return shapely.from_wkb(value[8 + _ENVELOPE_BYTES[value[3] >> 1 & 7] :])
    if kind is Kind.TIMESTAMP:
        return value.removesuffix("Z") + "Z"
    return bool(value) if kind is Kind.BOOLEAN else value


@cache
def read_table(name):
    """Read a table once."""
    return Table(name)


def read_cases():
    """Read the standard's filters with their counts, in the file's order."""
    with (FOLDER / "cql2_expected_counts.tsv").open() as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [Case(row[0], row[1], row[2], int(row[3])) for row in rows]
