"""The input of a load and its outcome."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from address.gazetteer_files.actions.files import FileFacts, Source
from address.gazetteer_files.rules.csv_rows import Reject
from address.shared import codelists, codes
from chassis import ids

MAX_REJECTS = 10_000  # lines of the reject file

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class LoadFile:
    """The file to load and its council. ``today`` is the date its records are entered under."""

    council: str
    gss: str
    name: str
    sources: tuple[Source, ...]
    facts: FileFacts
    today: date
    retire_many: bool = False


@dataclass(slots=True)
class LoadOutcome:
    """The outcome of a load. With ``rejects`` the transaction must be rolled back.

    ``notes``: the rest of the summary, such as records by type and kind of change, and rows left out.
    """

    created: int = 0
    changed: int = 0
    retired: int = 0
    unchanged: int = 0
    load: UUID | None = None
    rejects: list[Reject] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def create(cls) -> "LoadOutcome":
        """Return an outcome with a new load id."""
        return cls(load=ids.new())


def load_params(file: LoadFile, outcome: LoadOutcome) -> dict[str, Any]:
    """Return the parameters that a load's statements share."""
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
