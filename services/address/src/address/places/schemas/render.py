"""OS Places' answers in other coordinate systems, and as XML."""

import json
import re
from typing import Any
from xml.sax.saxutils import escape

from address.shared import projections
from address.shared.projections import Point

# What may not stand in XML 1.0, not even escaped.
_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\ufffd")
_AS_IT_IS = {"\r": "&#13;"}  # a reader would take it for a line end
# A quotation mark inside a text is escaped, so that no text holds this.
_PLACED = re.compile(r'"X_COORDINATE":([0-9.]+),"Y_COORDINATE":([0-9.]+)')
_DEGREES, _METRES = 7, 2  # decimals: a centimetre either way
Fields = dict[str, Any]


def project(results: str, system: str) -> str:
    """The results, as PostgreSQL has written them, in another coordinate system than the National Grid.

    As OS does, degrees stand beside the coordinates on the grid; the metres of EPSG:3857 in their place.
    Raises OutsideGridError when one of the addresses lies where OSTN15 does not hold.
    """
    found = _PLACED.findall(results)
    points: list[Point] = [(float(x), float(y)) for x, y in found]
    if system == "EPSG:3857":
        shown = [
            f'"X_COORDINATE":{x:.{_METRES}f},"Y_COORDINATE":{y:.{_METRES}f}'
            for x, y in projections.to_mercator(points)
        ]
    else:
        shown = [
            f'"X_COORDINATE":{x},"Y_COORDINATE":{y},"LNG":{lon:.{_DEGREES}f},"LAT":{lat:.{_DEGREES}f}'
            for (x, y), (lon, lat) in zip(found, projections.to_lonlat(points), strict=True)
        ]
    fresh = iter(shown)
    return _PLACED.sub(lambda _: next(fresh), results)


def xml(header: Fields, results: str | None) -> bytes:
    """The same answer as the JSON: each member an element, each of ``results`` a ``result``."""
    listed = "".join(
        f"<result><{dataset}>{_elements(fields)}</{dataset}></result>"
        for result in json.loads(f"[{results or ''}]")
        for dataset, fields in result.items()
    )
    found = f"<results>{listed}</results>" if listed else ""
    return _document(f"<SearchResults><header>{_elements(header)}</header>{found}</SearchResults>")


def xml_error(error: Fields) -> bytes:
    """``<error><statuscode/><message/></error>``."""
    return _document(f"<error>{_elements(error)}</error>")


def _elements(fields: Fields) -> str:
    """An element for each field. The names are our own; the values may be anybody's."""
    return "".join(f"<{name}>{escape(str(value), _AS_IT_IS)}</{name}>" for name, value in fields.items())


def _document(root: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root.translate(_NO_XML)}'.encode()
