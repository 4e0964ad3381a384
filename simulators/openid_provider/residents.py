"""Invented residents with a GOV.UK One Login."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Resident:
    """A person with a One Login. ``level``: of identity that they can prove; P0 is none.

    ``return_codes``: One Login's, for why identity cannot be proven. ``address``: as in the address claim.
    """

    key: str
    about: str
    given_names: tuple[str, ...]
    family: str
    born: str
    email: str
    phone: str
    level: str
    address: Mapping[str, Any]
    return_codes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the full name."""
        return " ".join((*self.given_names, self.family))


def _address(uprn: int, number: str, street: str, town: str, postcode: str) -> dict[str, Any]:
    return {
        "uprn": uprn,
        "buildingNumber": number,
        "streetName": street,
        "addressLocality": town,
        "postalCode": postcode,
        "addressCountry": "GB",
        "validFrom": "2019-04-01",
    }


# The UPRNs are those of the demonstration data. Ofcom reserves the telephone numbers for drama.
RESIDENTS = {
    resident.key: resident
    for resident in (
        Resident(
            "mary", "Identity can be proven to P2", ("Mary", "Ann"), "Watson", "1982-03-14",
            "mary.watson@people.example", "+447700900101", "P2",
            _address(907900000001, "1", "ABBEY GREEN", "BATH", "BA1 1ND"),
        ),
        Resident(
            "peter", "Identity can be proven to P1 only", ("Peter",), "Okafor", "1990-11-02",
            "peter.okafor@people.example", "+447700900102", "P1",
            _address(907900000002, "2", "ABBEY GREEN", "BATH", "BA1 1ND"),
            ("A",),
        ),
        Resident(
            "nora", "Identity cannot be proven: One Login answers with a return code", ("Nora",), "Lindqvist",
            "1957-07-30", "nora.lindqvist@people.example", "+447700900103", "P0", {}, ("D", "N"),
        ),
        Resident(
            "taken", "Register with this e-mail address first, then sign in with One Login", ("Tom",),
            "Ellery", "1975-01-09", "taken@people.example", "+447700900104", "P2",
            _address(907900000005, "5", "ABBEY GREEN", "BATH", "BA1 1ND"),
        ),
        Resident(
            "sion", "A Welsh name with its accents; proven to P2", ("Siôn", "Ŵan"), "ap Llŷr-Gruffŷdd",
            "1968-03-01", "sion@people.example", "+447700900105", "P2",
            _address(907900001191, "10", "AMBURY", "BATH", "BA1 1UA"),
        ),
    )
}  # fmt: skip
