"""The demonstration gazetteers, and matchers of them."""

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from address.matching.index import NameRow, PlaceRow, build, properties
from address.matching.matcher import Matcher

_DATA = Path(__file__).parents[3] / "dev" / "data"
COUNCILS = ("citytown", "hillshire")


@dataclass(frozen=True, slots=True)
class Place:
    """One property of the demonstration data; what it lacks is empty."""

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


def read(council: str) -> list[Place]:
    """A demonstration council's properties."""
    with gzip.open(_DATA / council / "addresses.csv.gz", "rt", encoding="utf-8") as lines:
        return [_place(row) for row in csv.DictReader(lines)]


def _place(row: dict[str, str]) -> Place:
    postcode = row["postcode"].replace(" ", "")
    return Place(
        int(row["uprn"]), int(row["usrn"]), row["organisationname"], row["subname"], row["name"],
        row["number"], row["streetname"], row["locality"], row["townname"],
        f"{postcode[:-3]} {postcode[-3:]}",
    )  # fmt: skip


def matcher(places: Iterable[Place]) -> Matcher:
    """A matcher of these properties, as the service makes one of its database."""
    streets: dict[int, list[PlaceRow]] = {}
    names: dict[NameRow, None] = {}
    for place in places:
        row = place.row()
        streets.setdefault(row.usrn, []).append(row)
        where = (row.usrn, row.street, row.locality, row.post_town, row.postcode)
        names[NameRow(*where, row.building_name, row.organisation)] = None
    return Matcher(build(names), {usrn: properties(rows) for usrn, rows in streets.items()})


def count_shared_addresses(places: Sequence[Place]) -> dict[str, int]:
    """How many properties share their address with another, as a whole and with parts of it left out."""
    parts: dict[str, Callable[[Place], tuple[str, ...]]] = {
        "with postcode": lambda one: (one.locality, one.post_town, one.postcode),
        "without postcode": lambda one: (one.locality, one.post_town),
        "without postcode and locality": lambda one: (one.post_town,),
    }
    found = {}
    for name, rest in parts.items():
        often = Counter((_itself(one), rest(one)) for one in places)
        found[name] = sum(times for times in often.values() if times > 1)
    return found


def _itself(one: Place) -> tuple[str, ...]:
    return (one.organisation, one.sub_building, one.building_name, one.building_number, one.street)
