"""Files as Ordnance Survey and councils' own systems write them, made from rows of the plain CSV."""

import csv
import gzip
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from address.gazetteer_files.rules.layouts import CLASS_SCHEME, Layout, find_by_version
from address.shared import numbering
from chassis.types import normalise_postcode

Row = dict[str, str]
Record = tuple[str, dict[str, Any]]

CUSTODIAN = 114  # Bath & North East Somerset's
DAY = "2024-03-31"
_USUAL = {
    "start_date": DAY, "end_date": "", "last_update": DAY, "entry_date": DAY, "process_date": DAY,
    "record_type": 1, "version": 1, "naming_authority": 114, "state": 2, "state_date": DAY,
    "language": "ENG", "logical_status": 1, "rpc": 1, "custodian": CUSTODIAN, "country": "E", "postal": "D",
    "official": "Y", "administrative_area": "BATH AND NORTH EAST SOMERSET", "postcode_type": "S",
    "tolerance": 1, "start_easting": "375000", "start_northing": "165000", "end_easting": "375100",
    "end_northing": "165100", "class_scheme": CLASS_SCHEME,
}  # fmt: skip
# Written without quotation marks, as numbers and dates are.
_BARE = {"uprn", "usrn", "udprn", "number", "code", "integer", "property", "address", "day", "easting",
         "northing", "metres", "decimal", "order"}  # fmt: skip


def spaced(postcode: str) -> str:
    """``BS312BN`` as these files have it; what is no postcode stays as it is."""
    try:
        return normalise_postcode(postcode)
    except ValueError:
        return postcode


def layout(version: str) -> Layout:
    layout_ = find_by_version(version)
    assert layout_ is not None
    return layout_


def objects(row: Row) -> dict[str, object]:
    """The numbered parts of an LPI."""
    unit = numbering.parse_unit(row["subname"] or None)
    building = numbering.parse_building(row["name"] or None, row["number"] or None)
    return {
        f"{kind}_{part}": getattr(part_object, part)
        for kind, part_object in (("sao", unit), ("pao", building))
        for part in ("text", "start_number", "start_suffix", "end_number", "end_suffix")
    }


def streets(rows: Iterable[Row]) -> list[Record]:
    """Records 11 and 15 of the rows' streets."""
    rows_by_usrn = {row["usrn"]: row for row in rows}
    return [
        record
        for usrn, row in rows_by_usrn.items()
        for record in (
            ("11", {"usrn": usrn}),
            ("15", {"usrn": usrn, "description": row["streetname"], "locality": row["locality"],
                    "town": row["townname"]}),
        )
    ]  # fmt: skip


def properties(rows: Iterable[Row], *, points: bool = True) -> list[Record]:
    """Records 21, 24, 32, 28, 23 and 31 of the rows."""
    return [record for row in rows for record in _property(row, points=points)]


def _property(row: Row, *, points: bool) -> Iterable[Record]:
    uprn = row["uprn"]
    organisation, code = row["organisationname"], row["classificationcode"]
    yield "21", {"uprn": uprn, "parent_uprn": row["parentuprn"], "easting": row["easting"],
                 "northing": row["northing"], "postcode": row["postcode"], "classification": code,
                 "organisation": organisation}  # fmt: skip
    yield "24", {"uprn": uprn, "lpi_key": f"0114L{int(uprn) % 10**9:09}", "usrn": row["usrn"],
                 "postcode": row["postcode"], "post_town": row["townname"], **objects(row)}  # fmt: skip
    yield "32", {"uprn": uprn, "class_key": f"0114C{int(uprn) % 10**9:09}", "classification": code}
    yield "23", {"uprn": uprn, "xref_key": f"0114X{int(uprn) % 10**9:09}",
                 "reference": f"osgb{uprn:0>16}", "scheme": "7666MT"}  # fmt: skip
    if organisation:
        yield "31", {"uprn": uprn, "org_key": f"0114O{int(uprn) % 10**9:09}", "organisation": organisation}
    if points:
        number = row["number"] if row["number"].isdigit() else ""
        name = row["name"] or ("" if number else row["number"])
        yield "28", {"uprn": uprn, "udprn": int(uprn) % 10**7 + 1, "organisation_name": organisation,
                     "sub_building_name": row["subname"], "building_name": name, "building_number": number,
                     "thoroughfare": row["streetname"], "dependent_locality": row["locality"],
                     "post_town": row["townname"], "postcode": row["postcode"],
                     "delivery_point_suffix": "1A"}  # fmt: skip


def line(version: str, change: str, order: int, record: str, values: dict[str, object]) -> str:
    """One record in the layout of that VERSION."""
    out = [record, f'"{change}"', str(order)]
    for column in layout(version).records[record]:
        value = values.get(column.name, _USUAL.get(column.name, ""))
        if column.name == "postcode" and value:
            value = spaced(str(value))
        text = "" if value is None else str(value)
        bare = column.kind.rstrip("?!") in _BARE
        quoted = text.replace('"', '""')
        out.append(text if bare else f'"{quoted}"')
    return ",".join(out) + "\n"


def supply(
    records: Iterable[Record | tuple[str, dict[str, object], str]],
    *,
    kind: str = "F",
    version: str = "2.1",
    custodian: int = CUSTODIAN,
    volume: int = 1,
    after: int = 0,
    day: str = "2030-01-01",
    count: int | None = None,
    first: int = 1,
) -> str:
    """A whole file: header, metadata, the records in PRO_ORDER, trailer. A third part is a kind of change."""
    kinds = layout(version).records
    lines = [
        line(version, (*record, "I")[2], first + at, record[0], record[1])
        for at, record in enumerate(record for record in records if record[0] in kinds)
    ]
    head = f'10,"GeoPlace",{custodian},{day},{volume},{day},09:00:00,"{version}","{kind}"\n'
    metadata = f'29,"AddressBase","Made up","",1,"","metres","",{day},{day},"","UTF-8"\n'
    total = len(lines) if count is None else count
    return head + metadata + "".join(lines) + f"99,{after},{total},{day},09:00:00\n"


def addressbase(rows: Iterable[Row], **options: Any) -> str:
    """AddressBase Premium of the rows, a full supply."""
    rows = list(rows)
    return supply([*streets(rows), *properties(rows)], **options)


def dtf(rows: Iterable[Row], **options: Any) -> str:
    """The rows as a council's own export in DTF 7.3."""
    rows = list(rows)
    return supply([*streets(rows), *properties(rows)], **{"version": "7.3", **options})


def changes(*records: tuple[str, dict[str, object], str], **options: Any) -> str:
    """A change-only file: ``(record type, values, I or U or D)`` in their order."""
    return supply(records, **{"kind": "C", **options})


def read_csv(path: Path) -> list[Row]:
    """The rows of a plain CSV, gzip or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(io.StringIO(file.read())))


def main() -> None:
    """``python -m services.address.tests.samples_addressbase addressbase|dtf PLAIN.csv[.gz] OUT [ROWS]``."""
    form, source, target, *most = sys.argv[1:]
    rows = read_csv(Path(source))[: int(most[0]) if most else None]
    Path(target).write_text({"addressbase": addressbase, "dtf": dtf}[form](rows), encoding="utf-8")


if __name__ == "__main__":
    main()
