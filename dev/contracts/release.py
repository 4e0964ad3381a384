"""The last release of the contracts: a copy in ``contracts/released/``, replaced by command only."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dev.contracts import files
from dev.contracts.compatibility.findings import Finding

_RECORD = files.RELEASED / "RELEASE.json"


@dataclass(frozen=True)
class Release:
    """The contracts others rely on. ``number`` is 0 when nothing has been released yet."""

    number: int = 0
    contracts: dict[str, str] = field(default_factory=dict)  # path -> text
    edited: tuple[str, ...] = ()  # files that differ from what was released

    def parse_documents(self) -> dict[str, dict[str, Any]]:
        """Parse the released contracts, by path."""
        return {path: json.loads(text) for path, text in self.contracts.items()}


def read_release() -> Release:
    """Read the last release from the disk."""
    if not _RECORD.exists():
        return Release()
    record = json.loads(_RECORD.read_text(encoding="utf-8"))
    contracts = files.read_contracts(files.RELEASED)
    digests = {path: files.compute_digest(text) for path, text in contracts.items()}
    paths = {*digests, *record["files"]}
    edited = tuple(sorted(path for path in paths if digests.get(path) != record["files"].get(path)))
    return Release(record["number"], contracts, edited)


def write_release(contracts: dict[str, str], findings: Sequence[Finding], reason: str) -> int:
    """Make these contracts the last release; return its number.

    The record keeps what they break in the release before, and the reason.
    """
    number = read_release().number + 1
    files.write_contracts(contracts, files.RELEASED)
    record = {
        "number": number,
        "reason": reason,
        "broken": [asdict(finding) for finding in findings],
        "files": {path: files.compute_digest(text) for path, text in contracts.items()},
    }
    _RECORD.write_text(files.format_document(record), encoding="utf-8")
    return number
