"""A made-up gazetteer for matching: houses, flats of every kind, names, businesses, streets of one name."""

from address.address_index.rules.index import NameRow, PlaceRow, build_index, group_properties
from address.matching.rules.matcher import Matcher

ACACIA = {
    "street": "ACACIA ROAD",
    "usrn": 1,
    "locality": "WALCOT",
    "post_town": "BATH",
    "postcode": "BA1 5AA",
}
FURTHER = ACACIA | {"postcode": "BA1 5AB"}
_EMPTY = {"organisation": None, "sub_building": None, "building_name": None, "building_number": None}


def place(uprn: int, **values: object) -> PlaceRow:
    """An address in Acacia Road, but for what is given."""
    return PlaceRow(**{"uprn": uprn, **_EMPTY, **ACACIA, **values})  # type: ignore[arg-type]


def _street(
    usrn: int, street: str, locality: str | None, postcode: str, first: int, numbers: range, town="BATH"
):
    of = {"usrn": usrn, "street": street, "locality": locality, "postcode": postcode, "post_town": town}
    return [place(first + number, building_number=str(number), **of) for number in numbers]


PLACES = [
    *(place(100 + number, building_number=str(number)) for number in range(1, 14)),  # there is no 14
    place(151, building_number="15A"),
    place(152, building_number="15B"),
    place(16, building_number="16"),
    place(200, building_number="20", **FURTHER),
    *(place(200 + n, building_number="20", sub_building=f"FLAT {n}", **FURTHER) for n in range(1, 5)),
    place(220, building_number="22", **FURTHER),
    *(place(221 + at, building_number="22", sub_building=f"FLAT {letter}", **FURTHER)
      for at, letter in enumerate("ABC")),
    place(240, building_number="24", **FURTHER),
    *(
        place(241 + at, building_number="24", sub_building=f"{floor} FLAT", **FURTHER)
        for at, floor in enumerate(["BASEMENT", "GROUND FLOOR", "FIRST FLOOR", "SECOND FLOOR", "TOP FLOOR"])
    ),
    place(260, building_number="26", organisation="OAK DENTAL PRACTICE"),
    place(280, building_number="28", organisation="WILLOW & SONS BAKERY LTD"),
    place(300, building_number="30-32", organisation="ELM STORES"),
    place(400, building_name="MILL HOUSE"),
    *(place(400 + flat, building_name="MILL HOUSE", sub_building=f"FLAT {flat}") for flat in range(1, 5)),
    place(410, building_name="ROSE COTTAGE"),
    place(411, building_name="IVY COTTAGE"),
    place(440, building_name="CEDAR COURT", building_number="44"),
    *(
        place(440 + flat, building_name="CEDAR COURT", building_number="44", sub_building=f"APARTMENT {flat}")
        for flat in range(1, 4)
    ),
    place(461, building_number="46", sub_building="FLAT 1"),  # flats alone, without their building
    place(462, building_number="46", sub_building="FLAT 2"),
    place(481, building_number="48", sub_building="UNIT 1"),
    place(501, building_number="50", sub_building="FLAT 2/1"),
    place(502, building_number="50", sub_building="FLAT 1/2"),
    *_street(2, "HIGH STREET", "KEYNSHAM", "BS31 1AA", 1000, range(1, 21)),
    *_street(3, "HIGH STREET", "SALTFORD", "BS31 3AA", 2000, range(1, 31)),
    *_street(4, "ST JOHN'S ROAD", None, "BA1 3PX", 3000, range(1, 10)),
    *_street(5, "LOWER BRISTOL ROAD", "TWERTON", "BA2 1AA", 4000, range(1, 30)),
    *_street(6, "BRISTOL ROAD", "KEYNSHAM", "BS31 2AA", 5000, range(1, 30)),
    *_street(7, "THE AVENUE", "COMBE DOWN", "BA2 5EE", 6000, range(1, 10)),
    *_street(8, "PHILLIPS CRESCENT", "BEAR FLAT", "BA2 4NN", 7000, range(1, 10)),
    *_street(9, "FIRST AVENUE", "OLDFIELD PARK", "BA2 3NW", 8000, range(1, 20)),
    place(9001, usrn=10, street="HEOL YR EGLWYS", locality="WALCOT", postcode="BA1 7AA", building_number="3"),
    place(9001, usrn=10, street="CHURCH WAY", locality="WALCOT", postcode="BA1 7AA", building_number="3"),
]  # fmt: skip


def matcher(places=PLACES) -> Matcher:
    """A matcher of these addresses."""
    streets: dict[int, list[PlaceRow]] = {}
    names: dict[NameRow, None] = {}
    for place in places:
        streets.setdefault(place.usrn, []).append(place)
        street = (place.usrn, place.street, place.locality, place.post_town, place.postcode)
        names[NameRow(*street, place.building_name, place.organisation)] = None
    return Matcher(build_index(names), {usrn: group_properties(rows) for usrn, rows in streets.items()})
