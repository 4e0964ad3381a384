"""The contracts against the code (drift) and against the last release (what breaks)."""

import difflib
import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from dev.contracts import files, generate, release
from dev.contracts.breaking.finding import Finding
from dev.contracts.breaking.folders import compare

_MOST_LINES = 200


def drift(written: Mapping[str, str], made: Mapping[str, str]) -> list[str]:
    """The lines of a unified diff from the files to what the code makes; none when they are the same."""
    lines: list[str] = []
    for path in sorted({*written, *made}):
        before, after = written.get(path, ""), made.get(path, "")
        lines += difflib.unified_diff(
            before.splitlines(),
            after.splitlines(),
            f"contracts/{path}",
            f"{path} as the code has it",
            lineterm="",
        )
    return lines


def documents(texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {path: json.loads(content) for path, content in texts.items()}


def told(findings: Sequence[Finding]) -> list[str]:
    """The findings for people: the same thing in many places is told once."""
    told = []
    for _, group in groupby(sorted(findings, key=_alike), key=_alike):
        first, *others = group
        more = f"\n    and in {len(others)} more places" if others else ""
        told.append(f"contracts/{first}{more}")
    return told


def _alike(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.file, finding.rule, finding.location.rpartition(" ")[2], finding.detail)


def check() -> int:
    """Say what is wrong and how to put it right; 1 when something is."""
    made = generate.texts()
    wrong = _drift(made) + _breaks(made)
    if not wrong:
        print(f"The contracts are as the code has them and break nothing of release {release.last().number}.")
        return 0
    print("\n".join(wrong))
    return 1


def _drift(made: Mapping[str, str]) -> list[str]:
    lines = drift(files.read(), made)
    if not lines:
        return []
    rest = [f"... {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return [
        *lines[:_MOST_LINES],
        *rest,
        "The contracts are not what the code says. Way out: make contracts",
        "",
    ]


def _breaks(made: Mapping[str, str]) -> list[str]:
    base = release.last()
    if base.number == 0:
        return ["There is no released contract to hold this to. Way out: python -m dev.contracts release"]
    if base.edited:
        edited = ", ".join(base.edited)
        way_out = "Way out: git checkout contracts/released"
        return [f"contracts/released is not what was released ({edited}). {way_out}"]
    findings = compare(base.documents(), documents(made))
    if not findings:
        return []
    count = f"{len(findings)} changes break clients of release {base.number}."
    way_out = (
        "Way out: each finding says its own. When the break is meant and every client knows of it: "
        'python -m dev.contracts release --breaking "why"'
    )
    return [*told(findings), count, way_out]
