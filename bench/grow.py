"""A gazetteer many times the size of Citytown's, made from it: other towns, streets, postcodes and numbers.

A copy of the town keeps its shape (how many streets, flats, businesses) but not its words, so that an index
meets about as many different ones as it would in a real place of that size.
"""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

_UPRNS, _USRNS = 1_000_000, 10_000  # from one copy to the next
_KILOMETRES, _ACROSS = 20_000, 15  # copies stand side by side, so many in a row
_WEST, _SOUTH = 40_000, 40_000
_AREAS = ("BS", "BN", "CF", "CT", "DE", "DT", "EX", "GL", "GU", "HP", "HR", "IP", "KT", "LD", "LE", "LN",
          "ME", "MK", "NG", "NN", "NP", "NR", "OX", "PE", "PL", "PO", "RG", "RH", "SA", "SG")  # fmt: skip
Row = dict[str, str]


def write(source: Path, target: Path, copies: range) -> int:
    """Write these copies of a town to ``target`` as the loader's CSV; copy 0 is the source itself.

    Answers the number of rows.
    """
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for copy in copies:
            writer.writerows(_copied(rows, copy) if copy else rows)
    return len(rows) * len(copies)


def _copied(rows: list[Row], copy: int) -> Iterator[Row]:
    firsts = _turned(sorted({row["streetname"].split()[0] for row in rows}), copy)
    localities = _turned(sorted({row["locality"] for row in rows} - {""}), copy)
    names = list(localities)
    west = _WEST + copy % _ACROSS * _KILOMETRES
    south = _SOUTH + copy // _ACROSS * _KILOMETRES
    for row in rows:
        first, _, rest = row["streetname"].partition(" ")
        town = names[(copy * 53 + len(row["townname"])) % len(names)]
        yield row | {
            "uprn": str(int(row["uprn"]) + copy * _UPRNS),
            "parentuprn": str(int(row["parentuprn"]) + copy * _UPRNS) if row["parentuprn"] else "",
            "usrn": str(int(row["usrn"]) + copy * _USRNS),
            "streetname": f"{firsts[first]} {rest}".strip(),
            "locality": localities.get(row["locality"], ""),
            "townname": town,
            "postcode": _AREAS[copy % len(_AREAS)] + row["postcode"][2:],
            "easting": f"{float(row['easting']) % _KILOMETRES + west:.2f}",
            "northing": f"{float(row['northing']) % _KILOMETRES + south:.2f}",
        }


def _turned(words: list[str], copy: int) -> dict[str, str]:
    """Each word to another one of them, in every copy another."""
    turn = copy * 37 % len(words)
    return dict(zip(words, words[turn:] + words[:turn], strict=True))
