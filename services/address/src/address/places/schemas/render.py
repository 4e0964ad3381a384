"""Render OS Places answers in other coordinate systems, and as XML."""

import json
import re
from typing import Any
from xml.sax.saxutils import escape

from address.shared import projections
from address.shared.projections import Point

# Characters that XML 1.0 forbids even when escaped.
_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\ufffd")
_ESCAPES = {"\r": "&#13;"}  # otherwise read as a line end
# A quotation mark inside a text is escaped, so no text can match.
_COORDINATES = re.compile(r'"X_COORDINATE":([0-9.]+),"Y_COORDINATE":([0-9.]+)')
_DEGREES, _METRES = 7, 2  # decimals: a centimetre either way
Fields = dict[str, Any]


def to_system(results: str, system: str) -> str:
    """Convert the results' coordinates from the National Grid to another system.

    As OS does, degrees are added beside the grid's coordinates; metres of EPSG:3857 replace them. Raises
    OutsideGridError when an address is outside OSTN15.
    """
    coordinates = _COORDINATES.findall(results)
    points: list[Point] = [(float(x), float(y)) for x, y in coordinates]
    if system == "EPSG:3857":
        replacements = [
            f'"X_COORDINATE":{x:.{_METRES}f},"Y_COORDINATE":{y:.{_METRES}f}'
            for x, y in projections.to_mercator(points)
        ]
    else:
        replacements = [
            f'"X_COORDINATE":{x},"Y_COORDINATE":{y},"LNG":{lon:.{_DEGREES}f},"LAT":{lat:.{_DEGREES}f}'
            for (x, y), (lon, lat) in zip(coordinates, projections.to_lonlat(points), strict=True)
        ]
    remaining = iter(replacements)
    return _COORDINATES.sub(lambda _: next(remaining), results)


def to_xml(header: Fields, results: str | None) -> bytes:
    """Render the answer as XML: each member an element, each of ``results`` a ``result``."""
    result_elements = "".join(
        f"<result><{dataset}>{_elements(fields)}</{dataset}></result>"
        for result in json.loads(f"[{results or ''}]")
        for dataset, fields in result.items()
    )
    coordinates = f"<results>{result_elements}</results>" if result_elements else ""
    return _document(f"<SearchResults><header>{_elements(header)}</header>{coordinates}</SearchResults>")


def error_to_xml(error: Fields) -> bytes:
    """Render an error: ``<error><statuscode/><message/></error>``."""
    return _document(f"<error>{_elements(error)}</error>")


def _elements(fields: Fields) -> str:
    """Render an element for each field. The names are fixed; the values may come from outside."""
    return "".join(f"<{name}>{escape(str(value), _ESCAPES)}</{name}>" for name, value in fields.items())


def _document(root: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root.translate(_NO_XML)}'.encode()
