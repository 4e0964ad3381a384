"""The file of rows that a child process leaves: a JSON object a line, read back in bounded batches."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from mapping.files.rules.reports import FileRow

BATCH = 2_000
"""Rows that are in memory at once."""


def write_row(out: IO[str], row: FileRow) -> None:
    """Write a row."""
    value: dict[str, Any] = {"n": row.row, "p": row.properties}
    if row.fid is not None:
        value["i"] = row.fid
    if row.wkb is not None:
        value["g"] = base64.b64encode(row.wkb).decode()
    if row.problem is not None:
        value["x"] = row.problem
    if row.repaired:
        value["r"] = True
    out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_rows(path: Path, size: int = BATCH) -> Iterator[list[FileRow]]:
    """Read the rows in batches."""
    batch: list[FileRow] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            batch.append(_read_row(json.loads(line)))
            if len(batch) == size:
                yield batch
                batch = []
    if batch:
        yield batch


def _read_row(value: dict[str, Any]) -> FileRow:
    wkb, problem = value.get("g"), value.get("x")
    return FileRow(
        value["n"],
        value.get("i"),
        None if wkb is None else base64.b64decode(wkb),
        value["p"],
        None if problem is None else (problem[0], problem[1]),
        "r" in value,
    )
