"""Reads DVLA's Vehicle Enquiry API (v1.2.0)."""

from typing import Any

# DVLA's colours. They want a translator's eye.
_WELSH = {
    "beige": "llwydfelyn",
    "black": "du",
    "blue": "glas",
    "bronze": "efydd",
    "brown": "brown",
    "cream": "hufen",
    "gold": "aur",
    "green": "gwyrdd",
    "grey": "llwyd",
    "maroon": "marŵn",
    "multi-colour": "amryliw",
    "orange": "oren",
    "pink": "pinc",
    "purple": "porffor",
    "red": "coch",
    "silver": "arian",
    "turquoise": "gwyrddlas",
    "white": "gwyn",
    "yellow": "melyn",
}
# What burns none of it, so that 0 g/km is a measurement.
_CLEAN = frozenset({"ELECTRICITY", "ELECTRIC", "FUEL CELLS"})


def describe_vehicle(vehicle: dict[str, Any]) -> dict[str, Any]:
    """Describe a vehicle. What DVLA has not recorded is left out. Raises TypeError or ValueError.

    0 g/km of a car that burns fuel means that nothing was recorded: bands must not take it for the cleanest.
    """
    fuel = _read_text(vehicle, "fuelType").upper()
    emissions = vehicle.get("co2Emissions")
    if emissions is not None and (isinstance(emissions, bool) or not isinstance(emissions, int)):
        raise TypeError("co2Emissions is no whole number")
    if emissions == 0 and fuel not in _CLEAN:
        emissions = None
    colour = _read_text(vehicle, "colour").lower()
    fields = {
        "make": _read_text(vehicle, "make"),
        "colour": colour,
        "colour_cy": _WELSH.get(colour),
        "fuel": fuel,
        "co2": emissions,
        "tax": _read_text(vehicle, "taxStatus"),
    }
    return {"found": True, **{name: value for name, value in fields.items() if value not in (None, "")}}


def _read_text(vehicle: dict[str, Any], name: str) -> str:
    value = vehicle.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value.strip()
