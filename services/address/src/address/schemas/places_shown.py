"""OS Places' answers in other coordinate systems, and as XML."""

import json
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from address.rules import projections
from address.rules.projections import Point

# What may not stand in XML 1.0, not even escaped.
_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\ufffd")
_DEGREES, _METRES = 7, 2  # decimals: a centimetre either way
Fields = dict[str, Any]


def results(text: str | None) -> list[dict[str, Fields]]:
    """The results as PostgreSQL has written them, taken apart."""
    return json.loads(f"[{text or ''}]")  # type: ignore[no-any-return]


def project(listed: list[dict[str, Fields]], system: str) -> None:
    """Show the points of the results in a coordinate system other than the British National Grid.

    As OS does, degrees stand beside the coordinates on the grid; the metres of EPSG:3857 in their place.
    Raises OutsideGridError when one of them lies where OSTN15 does not hold.
    """
    every = [fields for result in listed for fields in result.values()]
    points: list[Point] = [(fields["X_COORDINATE"], fields["Y_COORDINATE"]) for fields in every]
    if system == "EPSG:3857":
        for fields, (x, y) in zip(every, projections.to_mercator(points), strict=True):
            fields["X_COORDINATE"], fields["Y_COORDINATE"] = round(x, _METRES), round(y, _METRES)
        return
    for result, (lon, lat) in zip(listed, projections.to_lonlat(points), strict=True):
        for dataset, fields in result.items():
            result[dataset] = _with_degrees(fields, round(lon, _DEGREES), round(lat, _DEGREES))


def _with_degrees(fields: Fields, lon: float, lat: float) -> Fields:
    """LNG and LAT stand after Y_COORDINATE."""
    shown: Fields = {}
    for name, value in fields.items():
        shown[name] = value
        if name == "Y_COORDINATE":
            shown |= {"LNG": lon, "LAT": lat}
    return shown


def xml(answer: Fields) -> bytes:
    """The same answer as the JSON: each member an element, each of ``results`` a ``result``."""
    root = Element("SearchResults")
    header = SubElement(root, "header")
    _fill(header, answer["header"])
    if "results" in answer:
        listed = SubElement(root, "results")
        for result in answer["results"]:
            one = SubElement(listed, "result")
            for dataset, fields in result.items():
                _fill(SubElement(one, dataset), fields)
    return _written(root)


def xml_error(error: Fields) -> bytes:
    """``<error><statuscode/><message/></error>``."""
    root = Element("error")
    _fill(root, error)
    return _written(root)


def _fill(element: Element, fields: Fields) -> None:
    for name, value in fields.items():
        SubElement(element, name).text = str(value).translate(_NO_XML)


def _written(root: Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root)
