"""Vehicles: those of DVLA's test environment, and one made of each other registration number."""

import hashlib
from datetime import date, timedelta
from typing import Any

_MAKES = ("FORD", "VAUXHALL", "VOLKSWAGEN", "TOYOTA", "NISSAN", "KIA", "SKODA", "RENAULT")
_COLOURS = ("BLUE", "RED", "GREY", "WHITE", "BLACK", "SILVER", "GREEN")
_TAXED_FOR = 200  # days
_USUAL = {
    "motStatus": "No details held by DVLA",
    "wheelplan": "2 AXLE RIGID BODY",
    "yearOfManufacture": 2019,
    "markedForExport": False,
    "monthOfFirstRegistration": "2019-03",
}
# As DVLA's portal lists them; 0 g/km of AA19PPP means that nothing was recorded.
TEST_VEHICLES: dict[str, dict[str, Any]] = {
    "AA19AAA": {"make": "FORD", "colour": "RED", "fuelType": "PETROL", "co2Emissions": 300},
    "AA19EEE": {"make": "FORD", "colour": "RED", "fuelType": "ELECTRICITY", "co2Emissions": 0},
    "AA19PPP": {"make": "FORD", "colour": "RED", "fuelType": "PETROL", "co2Emissions": 0},
    "AA19DSL": {"make": "FORD", "colour": "RED", "fuelType": "DIESEL", "co2Emissions": 150},
    "L2WPS": {"make": "ROVER", "colour": "BLUE", "fuelType": "PETROL"},
}
TEST_ERRORS = {
    "ER19BAD": (400, "Bad Request", "Invalid format for field - vehicle registration number"),
    "ER19NFD": (404, "Vehicle Not Found", "Record for vehicle not found"),
    "ER19THR": (429, "Too Many Requests", "Request rate is too high"),
    "ER19ERR": (500, "Internal Server Error", "Server error"),
    "ER19MNT": (503, "Service Unavailable", "Service is unavailable"),
}


def find_vehicle(plate: str, today: date) -> dict[str, Any]:
    """Find a vehicle as the API shows it. The same registration number is always the same vehicle."""
    vehicle = TEST_VEHICLES.get(plate) or _make_vehicle(plate)
    tax = {"taxStatus": "Taxed", "taxDueDate": (today + timedelta(_TAXED_FOR)).isoformat()}
    return {"registrationNumber": plate, **_USUAL, **tax, **vehicle}


def _make_vehicle(plate: str) -> dict[str, Any]:
    digest = hashlib.sha256(plate.encode()).digest()
    fuel = ("PETROL", "PETROL", "DIESEL", "ELECTRICITY", "HYBRID ELECTRIC")[digest[2] % 5]
    emissions = 0 if fuel == "ELECTRICITY" else 80 + digest[3] % 160
    return {
        "make": _MAKES[digest[0] % len(_MAKES)],
        "colour": _COLOURS[digest[1] % len(_COLOURS)],
        "fuelType": fuel,
        "co2Emissions": emissions,
    }
