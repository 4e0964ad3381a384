"""A small gazetteer of made-up addresses, and files of it."""

import csv
import gzip
import io
from collections.abc import Iterable
from pathlib import Path

from address.gazetteer_files.rules import csv_rows

COLUMNS = list(csv_rows.COLUMNS)
Row = dict[str, str]


def row(uprn: int, /, **values: str) -> Row:
    """A terraced house in Acacia Road, but for what is given."""
    usual = {
        "uprn": str(uprn),
        "usrn": "90000001",
        "classificationcode": "RD04",
        "number": "1",
        "streetname": "ACACIA ROAD",
        "locality": "WALCOT",
        "townname": "BATH",
        "postcode": "BA1 5AA",
        "easting": "375000.25",
        "northing": "165000.75",
    }
    return dict.fromkeys(COLUMNS, "") | usual | values


ACACIA = [row(1000 + number, number=str(number)) for number in range(1, 13)]
MILL_HOUSE = {"name": "MILL HOUSE", "number": "", "classificationcode": "RD06", "postcode": "BA1 5AB"}
GAZETTEER = [
    *ACACIA,
    row(1013, number="14A", organisationname="OAK DENTAL PRACTICE", classificationcode="CR08"),
    row(2000, **MILL_HOUSE | {"classificationcode": "PP"}),
    *(row(2000 + flat, parentuprn="2000", subname=f"FLAT {flat}", **MILL_HOUSE) for flat in range(1, 5)),
    row(2005, parentuprn="2000", subname="TOP FLOOR FLAT", **MILL_HOUSE),
    row(3001, usrn="90000002", streetname="ST JOHN'S ROAD", number="3", postcode="BA11 1AA", locality=""),
    row(3002, usrn="90000003", streetname="FIRST AVENUE", number="7-9", postcode="BA1 1AA"),
    row(3003, usrn="90000004", streetname="HEOL ŶSGUBOR", number="5", postcode="BA1 1AB"),
    *(row(5000 + number, usrn="90000005", streetname="LONG LANE", number=str(number), postcode="BA2 9ZZ",
          easting="370000", northing="160000") for number in range(1, 251)),
]  # fmt: skip
# Another council, with a UPRN that Citytown has too.
NEIGHBOUR = [
    row(1001, streetname="OTHER STREET", townname="STIRLING", postcode="FK7 8HH", easting="279146.73")
]


def write_csv(path: Path, rows_: Iterable[Row]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows_)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path
