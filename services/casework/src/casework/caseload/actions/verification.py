"""The command ``python -m chassis run casework verify-history``: is every history as it was written?"""

import argparse
import sys
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.caseload.store import histories as store
from casework.cases.rules import ChainCheck, Entry, StoredDigests
from chassis import ids
from chassis.commands import ExitCode, make_reporter
from chassis.database import Database
from chassis.settings import Settings

_BATCH = 1_000
_MOST_FAULTS = 100


async def verify_history(settings: Settings, arguments: list[str]) -> int:
    """Check the digests of every case's history of a council, and that no entry is missing."""
    parser = argparse.ArgumentParser(prog="run casework verify-history", description=verify_history.__doc__)
    parser.add_argument("--council", required=True, help="its slug")
    options = parser.parse_args(arguments)
    database = Database(settings, "casework-verify", rows_secured=True)
    with make_reporter() as report:
        try:
            check = await check_histories(database, options.council)
        finally:
            await database.close()
        for fault in check.faults[:_MOST_FAULTS]:
            print(fault, file=sys.stderr)
        if check.faults:
            return report.finish(ExitCode.REFUSED, "a history is not as it was", faults=len(check.faults))
        return report.finish(ExitCode.DONE, "verified", cases=check.cases, entries=check.entries)


async def check_histories(database: Database, council: str, batch: int = _BATCH) -> ChainCheck:
    """Check a council's histories, a batch at a time: no statement is long, and cases may go on meanwhile."""
    check, after = ChainCheck(), None
    while True:
        async with database.reading(council) as session:
            rows = await store.list_entries(session, council, after, batch)
        for row in rows:
            digests = StoredDigests(row.digest, row.personal_digest, row.salt, row.changes)
            check.add(ids.show(row.case_id), read_entry(row), digests, row.case_version)
        if len(rows) < batch:
            break
        after = _find_key(rows[-1])
    check.finish()
    async with database.reading(council) as session:
        without = await store.list_without_history(session, council, _MOST_FAULTS)
    check.faults += [f"case {ids.show(case)}: there is no history" for case in without]
    return check


def _find_key(row: Row[Any]) -> tuple[UUID, int]:
    return row.case_id, row.n


def read_entry(row: Row[Any]) -> Entry:
    """Read an entry as it was digested."""
    return Entry(
        n=row.n,
        kind=row.kind,
        act=row.act,
        at=row.at,
        effective_at=row.effective_at,
        actor=row.actor,
        before=row.before,
        after=row.after,
        weighed=tuple(row.weighed),
        personal={},
    )
