"""Make the files of a close, and send them again as they were."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession
from chassis.problems import not_found
from payments.closes.rules.exports import (
    Export,
    FundLine,
    JournalSum,
    write_fund,
    write_journal,
)
from payments.closes.schemas import ExportFile
from payments.closes.store import closes as store
from payments.finance_settings.rules.layouts import JournalLayout

WITH_FILE = frozenset({"debtor"})
"""Kinds of funds whose back-office systems get a file; other income goes to the general ledger only."""
_JOURNAL, _FUND = "journal", "fund"


@dataclass(frozen=True, slots=True)
class NamedExport:
    """A file of a close."""

    kind: str
    fund: UUID | None
    name: str
    export: Export


def write_files(
    layout: JournalLayout, number: int, day: date, sums: Sequence[Row[Any]], lines: Sequence[Row[Any]]
) -> list[NamedExport]:
    """Write the journal and the files of the funds that took or gave back anything."""
    journal = write_journal(layout, number, day, [JournalSum(**row._asdict()) for row in sums])
    files = [NamedExport(_JOURNAL, None, f"journal-{number:06}.csv", journal)]
    by_fund: dict[UUID, list[Row[Any]]] = {}
    for row in lines:
        if row.kind in WITH_FILE:
            by_fund.setdefault(row.fund, []).append(row)
    for fund, rows in sorted(by_fund.items(), key=lambda item: (item[1][0].code, item[0])):
        export = write_fund([_to_line(row) for row in rows])
        files.append(NamedExport(_FUND, fund, f"fund-{rows[0].code}-{number:06}.csv", export))
    return files


def _to_line(row: Row[Any]) -> FundLine:
    return FundLine(ids.show(row.id), row.reference, row.amount, row.taken_on, row.method, row.narrative)


def to_rows(
    council: str, mode: str, day: date, last_number: int, files: Sequence[NamedExport]
) -> list[dict[str, Any]]:
    """Make the rows of files, which are numbered on from the last."""
    return [
        {
            "council": council,
            "id": ids.new(),
            "mode": mode,
            "day": day,
            "number": number,
            "kind": file.kind,
            "fund": file.fund,
            "name": file.name,
            "content": file.export.content,
            "hash": hashlib.sha256(file.export.content).digest(),
            "lines": file.export.lines,
            "total": file.export.total,
        }
        for number, file in enumerate(files, last_number + 1)
    ]


async def get_content(session: ReadSession, council: str, mode: str, file: UUID) -> Row[Any]:
    """Get a file with its bytes. Raises Problem 404."""
    row = await store.get_file(session, council, mode, file)
    if row is None:
        raise not_found("export with this id")
    return row


def to_model(row: Row[Any]) -> ExportFile:
    """Convert a row to the API's model."""
    return ExportFile.model_validate({**row._asdict(), "sha256": bytes(row.hash).hex()})
