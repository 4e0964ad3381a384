"""What a load is given and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from address.gazetteer_files.actions.files import Facts, Source
from address.gazetteer_files.rules.csv_rows import Reject
from address.shared import codelists, codes
from chassis import ids

MOST_REJECTS = 10_000  # told in the reject file

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class File:
    """What to load, and for whom. ``today`` is the date its records are entered under."""

    council: str
    gss: str
    name: str
    sources: tuple[Source, ...]
    facts: Facts
    today: date
    retire_many: bool = False


@dataclass(slots=True)
class Outcome:
    """What a load did. With ``rejects`` it did nothing: the transaction must be rolled back.

    ``notes`` is what else the summary says: records by type and kind of change, rows left out.
    """

    created: int = 0
    changed: int = 0
    retired: int = 0
    unchanged: int = 0
    load: UUID | None = None
    rejects: list[Reject] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begun(cls) -> "Outcome":
        """One with an id."""
        return cls(load=ids.new())


def named(file: File, outcome: Outcome) -> dict[str, Any]:
    """The parameters that a load's statements share."""
    assert outcome.load is not None  # noqa: S101 - it has begun
    custodian = codelists.custodians().get(file.gss)
    return {
        "council": file.council,
        "today": file.today,
        "custodian": custodian and custodian.code,
        "custodian_name": custodian and custodian.name,
        "country": codes.country_of(file.gss),
        "actor": f"load/{ids.show(outcome.load)}",
        "prefix": f"{custodian.code if custodian else 0:04}",
    }
