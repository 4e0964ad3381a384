"""A gazetteer many times the size of citytown's: copies with other towns, streets, postcodes and numbers.

A copy has the same shape (as many streets, flats, businesses) but other words, so that an index has about as
many different words as in a real place of that size.
"""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

_UPRNS, _USRNS = 1_000_000, 10_000  # offsets from one copy to the next
_METRES, _COPIES_IN_A_ROW = 20_000, 15  # each copy has a square of its own
_WEST, _SOUTH = 40_000, 40_000
_AREAS = ("BS", "BN", "CF", "CT", "DE", "DT", "EX", "GL", "GU", "HP", "HR", "IP", "KT", "LD", "LE", "LN",
          "ME", "MK", "NG", "NN", "NP", "NR", "OX", "PE", "PL", "PO", "RG", "RH", "SA", "SG")  # fmt: skip
Row = dict[str, str]


def write(source: Path, target: Path, copies: range) -> int:
    """Write copies of a gazetteer to ``target`` as the loader's CSV. Copy 0 is the source itself.

    Returns the number of rows.
    """
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for copy in copies:
            writer.writerows(_copy_rows(rows, copy) if copy else rows)
    return len(rows) * len(copies)


def _copy_rows(rows: list[Row], copy: int) -> Iterator[Row]:
    first_words = _permute(sorted({row["streetname"].split()[0] for row in rows}), copy)
    localities = _permute(sorted({row["locality"] for row in rows} - {""}), copy)
    names = list(localities)
    west = _WEST + copy % _COPIES_IN_A_ROW * _METRES
    south = _SOUTH + copy // _COPIES_IN_A_ROW * _METRES
    for row in rows:
        first, _, rest = row["streetname"].partition(" ")
        town = names[(copy * 53 + len(row["townname"])) % len(names)]
        yield row | {
            "uprn": str(int(row["uprn"]) + copy * _UPRNS),
            "parentuprn": str(int(row["parentuprn"]) + copy * _UPRNS) if row["parentuprn"] else "",
            "usrn": str(int(row["usrn"]) + copy * _USRNS),
            "streetname": f"{first_words[first]} {rest}".strip(),
            "locality": localities.get(row["locality"], ""),
            "townname": town,
            "postcode": _AREAS[copy % len(_AREAS)] + row["postcode"][2:],
            "easting": f"{float(row['easting']) % _METRES + west:.2f}",
            "northing": f"{float(row['northing']) % _METRES + south:.2f}",
        }


def _permute(words: list[str], copy: int) -> dict[str, str]:
    """Map each word to another one of them, a different one in every copy."""
    offset = copy * 37 % len(words)
    return dict(zip(words, words[offset:] + words[:offset], strict=True))
