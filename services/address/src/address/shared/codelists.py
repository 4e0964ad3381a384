"""Read the code lists in ``data/codelists``; its README names their sources."""

import csv
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Custodian:
    """The authority that maintains a gazetteer: its local custodian code and name."""

    code: int
    name: str


@lru_cache(maxsize=1)
def classifications() -> dict[str, str]:
    """Map classification codes to descriptions: ``RD04`` to ``Terraced``."""
    return {row[0]: row[1] for row in _rows("blpu_classifications.csv")[1:]}


@lru_cache(maxsize=1)
def classifications_json() -> str:
    """Return the classifications as a JSON object, for PostgreSQL to look codes up in."""
    return json.dumps(classifications())


@lru_cache(maxsize=1)
def districts() -> dict[str, tuple[str, str | None]]:
    """Map the GSS code of a local authority district to its name and, in England, its region's."""
    return {row[0]: (row[1], row[2] or None) for row in _rows("districts.csv")[1:]}


@lru_cache(maxsize=2)
def areas(kind: str) -> dict[str, str]:
    """Map GSS codes to names of the ``wards`` or the ``parishes``."""
    return {row[0]: row[1] for row in _rows(f"{kind}.csv")[1:]}


@lru_cache(maxsize=1)
def custodians() -> dict[str, Custodian]:
    """Map the GSS code of a council to its custodian."""
    return {row[5]: Custodian(int(row[0]), row[1]) for row in _rows("local_custodians.csv") if row[5]}


def _rows(name: str) -> list[list[str]]:
    text = resources.files("address.shared").joinpath("data", "codelists", name).read_text("utf-8")
    return list(csv.reader(text.splitlines()))
