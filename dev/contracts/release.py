"""The last release of the contracts: a copy in ``contracts/released/``, moved on by hand only."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dev.contracts import files
from dev.contracts.breaking.finding import Finding

_RECORD = files.RELEASED / "RELEASE.json"


@dataclass(frozen=True)
class Release:
    """The contracts others rely on. ``number`` is 0 when nothing has been released yet."""

    number: int = 0
    contracts: dict[str, str] = field(default_factory=dict)  # path -> text
    edited: tuple[str, ...] = ()  # files that are not what was released

    def documents(self) -> dict[str, dict[str, Any]]:
        return {path: json.loads(content) for path, content in self.contracts.items()}


def last() -> Release:
    """The last release, as it is on the disk."""
    if not _RECORD.exists():
        return Release()
    record = json.loads(_RECORD.read_text(encoding="utf-8"))
    contracts = files.read(files.RELEASED)
    there = {path: files.digest(content) for path, content in contracts.items()}
    both = {*there, *record["files"]}
    edited = tuple(sorted(path for path in both if there.get(path) != record["files"].get(path)))
    return Release(record["number"], contracts, edited)


def advance(contracts: dict[str, str], broken: Sequence[Finding], reason: str) -> int:
    """Make these the last release. What they break is kept in the record with the reason."""
    number = last().number + 1
    files.write(contracts, files.RELEASED)
    record = {
        "number": number,
        "reason": reason,
        "broken": [asdict(finding) for finding in broken],
        "files": {path: files.digest(content) for path, content in contracts.items()},
    }
    _RECORD.write_text(files.text(record), encoding="utf-8")
    return number
