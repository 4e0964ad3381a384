"""The contracts against the code (drift) and against the last release (what breaks)."""

import difflib
import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from dev.contracts import files, generator, release
from dev.contracts.compatibility.comparison import compare_contracts
from dev.contracts.compatibility.findings import Finding

_MAX_DIFF_LINES = 200


def find_drift(files: Mapping[str, str], generated: Mapping[str, str]) -> list[str]:
    """Make a unified diff from the files to what the code makes; no lines when they are the same."""
    lines: list[str] = []
    for path in sorted({*files, *generated}):
        before, after = files.get(path, ""), generated.get(path, "")
        lines += difflib.unified_diff(
            before.splitlines(),
            after.splitlines(),
            f"contracts/{path}",
            f"{path} as the code has it",
            lineterm="",
        )
    return lines


def parse_documents(texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Parse every contract, by path."""
    return {path: json.loads(text) for path, text in texts.items()}


def describe_findings(findings: Sequence[Finding]) -> list[str]:
    """Describe the findings in words. The same break in many places is described once."""
    descriptions = []
    for _, group in groupby(sorted(findings, key=_group_key), key=_group_key):
        first, *rest = group
        more = f"\n    and in {len(rest)} more places" if rest else ""
        descriptions.append(f"contracts/{first}{more}")
    return descriptions


def _group_key(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.file, finding.rule, finding.location.rpartition(" ")[2], finding.detail)


def check_contracts() -> int:
    """Print what is wrong and how to put it right; return 1 when something is."""
    generated = generator.make_texts()
    complaints = _describe_drift(generated) + _describe_breaks(generated)
    if not complaints:
        number = release.read_release().number
        print(f"The contracts match the code and break nothing of release {number}.")
        return 0
    print("\n".join(complaints))
    return 1


def _describe_drift(generated: Mapping[str, str]) -> list[str]:
    lines = find_drift(files.read_contracts(), generated)
    if not lines:
        return []
    left_out = len(lines) - _MAX_DIFF_LINES
    return [
        *lines[:_MAX_DIFF_LINES],
        *([f"... {left_out} more lines"] if left_out > 0 else []),
        "The contracts differ from the code. Way out: make contracts",
        "",
    ]


def _describe_breaks(generated: Mapping[str, str]) -> list[str]:
    last_release = release.read_release()
    if last_release.number == 0:
        return ["There is no release to compare the contracts with. Way out: python -m dev.contracts release"]
    if last_release.edited:
        edited = ", ".join(last_release.edited)
        way_out = "Way out: git checkout contracts/released"
        return [f"contracts/released is not what was released ({edited}). {way_out}"]
    findings = compare_contracts(last_release.parse_documents(), parse_documents(generated))
    if not findings:
        return []
    count = f"{len(findings)} changes break clients of release {last_release.number}."
    way_out = (
        "Way out: each finding names its own. When the break is meant and every client knows of it: "
        'make release BREAKING="why"'
    )
    return [*describe_findings(findings), count, way_out]
