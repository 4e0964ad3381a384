"""The demonstration gazetteers, and matchers on them."""

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from address.address_index.rules.index import NameRow, PlaceRow, build_index, group_properties
from address.matching.rules.matcher import Matcher

_DATA = Path(__file__).parents[3] / "dev" / "data"
COUNCILS = ("citytown", "hillshire")


@dataclass(frozen=True, slots=True)
class Place:
    """One property of the demonstration data. Parts that it lacks are empty."""

    uprn: int
    usrn: int
    organisation: str
    sub_building: str
    building_name: str
    building_number: str
    street: str
    locality: str
    post_town: str
    postcode: str

    def row(self) -> PlaceRow:
        """Convert it to a row of the matching's index."""
        return PlaceRow(
            self.uprn,
            self.usrn,
            self.organisation or None,
            self.sub_building or None,
            self.building_name or None,
            self.building_number or None,
            self.street,
            self.locality or None,
            self.post_town or None,
            self.postcode,
        )


def read_gazetteer(council: str) -> list[Place]:
    """Read a demonstration council's properties."""
    with gzip.open(_DATA / council / "addresses.csv.gz", "rt", encoding="utf-8") as lines:
        return [_parse_row(row) for row in csv.DictReader(lines)]


def _parse_row(row: dict[str, str]) -> Place:
    postcode = row["postcode"].replace(" ", "")
    return Place(
        int(row["uprn"]), int(row["usrn"]), row["organisationname"], row["subname"], row["name"],
        row["number"], row["streetname"], row["locality"], row["townname"],
        f"{postcode[:-3]} {postcode[-3:]}",
    )  # fmt: skip


def build_matcher(places: Iterable[Place]) -> Matcher:
    """Build a matcher on these properties, as the service does from its database."""
    streets: dict[int, list[PlaceRow]] = {}
    names: dict[NameRow, None] = {}
    for place in places:
        row = place.row()
        streets.setdefault(row.usrn, []).append(row)
        location = (row.usrn, row.street, row.locality, row.post_town, row.postcode)
        names[NameRow(*location, row.building_name, row.organisation)] = None
    return Matcher(build_index(names), {usrn: group_properties(rows) for usrn, rows in streets.items()})


def count_shared_addresses(places: Sequence[Place]) -> dict[str, int]:
    """Count the properties that share their address with another, whole and with parts left out."""
    parts: dict[str, Callable[[Place], tuple[str, ...]]] = {
        "with postcode": lambda place: (place.locality, place.post_town, place.postcode),
        "without postcode": lambda place: (place.locality, place.post_town),
        "without postcode and locality": lambda place: (place.post_town,),
    }
    shared = {}
    for name, rest in parts.items():
        counts = Counter((_first_parts(place), rest(place)) for place in places)
        shared[name] = sum(count for count in counts.values() if count > 1)
    return shared


def _first_parts(place: Place) -> tuple[str, ...]:
    return (
        place.organisation, place.sub_building, place.building_name, place.building_number, place.street
    )  # fmt: skip
