"""Parse the point to search near, as a map or a browser gives it."""

from address.shared import projections

# Bounds of Great Britain in degrees. As metres of the National Grid they are a spot of sea 8 m across.
_LONGITUDES, _LATITUDES = (-9.5, 2.5), (49.0, 61.5)
_EAST, _NORTH = 700_000, 1_300_000


def parse_point(text: str) -> tuple[float, float]:
    """Parse ``easting,northing`` in metres or ``longitude,latitude`` in degrees to easting and northing.

    Raises ValueError that says what is wrong.
    """
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError("must be two numbers: easting,northing or longitude,latitude") from None
    if _within(first, _LONGITUDES) and _within(second, _LATITUDES):
        first, second = projections.from_lonlat([(first, second)])[0]
    if not (_within(first, (0, _EAST)) and _within(second, (0, _NORTH))):
        raise ValueError("must lie in Great Britain: easting,northing in metres or longitude,latitude")
    return first, second


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]
