"""Make the files of a close in their order, and send them as they were written."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from chassis.problems import Problem, not_found
from payments.closes.rules.exports import Export
from payments.closes.schemas import ExportFile
from payments.closes.store import closes as store

WITH_FILE = frozenset({"debtor"})
"""Kinds of funds whose back-office systems get a file; other income goes to the general ledger only."""
_JOURNAL, _FUND = "journal", "fund"


def make_rows(
    common: dict[str, Any], number: int, last_export: int, journal: Export, funds: Sequence[Row[Any]]
) -> list[dict[str, Any]]:
    """Make the rows of a close's files, numbered on from the last: the journal, and those of debtor funds.

    The journal is short, and written. ``funds``: how many lines each took or gave back, and their total;
    jobs write them.
    """
    content = {"content": journal.content, "hash": hashlib.sha256(journal.content).digest()}
    files: list[dict[str, Any]] = [
        {"kind": _JOURNAL, "fund": None, "name": f"journal-{number:06}.csv", **content}
        | {"lines": journal.lines, "total": journal.total}
    ]
    files += [
        {"kind": _FUND, "fund": fund.fund, "name": f"fund-{fund.code}-{number:06}.csv"}
        | {"content": None, "hash": None, "lines": fund.lines, "total": fund.total}
        for fund in funds
        if fund.kind in WITH_FILE
    ]
    return [
        {**common, "id": ids.new(), "number": export_number, **file}
        for export_number, file in enumerate(files, last_export + 1)
    ]


async def get_content(session: ReadSession, council: str, mode: str, file: UUID) -> Row[Any]:
    """Get a file with its bytes. Raises Problem 404, 410 for one that is no longer kept."""
    row = await store.get_file(session, council, mode, file)
    if row is None:
        raise not_found("export with this id")
    if not row.content:
        raise Problem(410, "export-erased", "Its financial year is over for more than six years.")
    return row


async def erase_contents(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase what is in a batch of the files of closes up to a day; their hashes and totals stay."""
    return await store.erase_contents(session, council, last_day, most)


def to_model(row: Row[Any]) -> ExportFile:
    """Convert a row to the API's model."""
    return ExportFile.model_validate({**row._asdict(), "sha256": bytes(row.hash).hex()})
