"""The place of a new case, as a page of places gives it: ``-2.359000,51.381300``. Pure."""

import re

MOST = 40  # characters
_PLACE = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,10})?),(-?[0-9]{1,2}(?:\.[0-9]{1,10})?)")
_MOST_DEGREES = (180, 90)


def read_place(text: str) -> tuple[float, float] | None:
    """Read a longitude and a latitude of WGS 84, in degrees; None if nothing is said.

    Raises ValueError for anything else.
    """
    if not text:
        return None
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ValueError("a place is a longitude, a comma and a latitude")
    long, lat = (float(part) for part in match.groups())
    if abs(long) > _MOST_DEGREES[0] or abs(lat) > _MOST_DEGREES[1]:
        raise ValueError("a place lies within 180 degrees of longitude and 90 of latitude")
    return long, lat
