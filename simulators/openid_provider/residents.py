"""Invented residents, as GOV.UK One Login would know them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Resident:
    """A person with a One Login. ``level``: how well the identity can be proven, P0 not at all.

    ``return_codes``: why it could not be, in One Login's letters. ``address`` as the address claim has it.
    """

    key: str
    about: str
    given: tuple[str, ...]
    family: str
    born: str
    email: str
    phone: str
    level: str
    address: Mapping[str, Any]
    return_codes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As people write it."""
        return " ".join((*self.given, self.family))


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


# The UPRNs are the demonstration councils' own; the telephone numbers are Ofcom's for drama.
RESIDENTS = {
    one.key: one
    for one in (
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
            "taken", "Has an e-mail address to register here first, by the other way", ("Tom",), "Ellery",
            "1975-01-09", "taken@people.example", "+447700900104", "P2",
            _address(907900000005, "5", "ABBEY GREEN", "BATH", "BA1 1ND"),
        ),
        Resident(
            "sion", "A Welsh name with its accents; proven to P2", ("Siôn", "Ŵan"), "ap Llŷr-Gruffŷdd",
            "1968-03-01", "sion@people.example", "+447700900105", "P2",
            _address(907900001191, "10", "AMBURY", "BATH", "BA1 1UA"),
        ),
    )
}  # fmt: skip
