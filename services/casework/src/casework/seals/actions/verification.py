"""The command ``python -m chassis run casework verify-history``: is every history as it was written?"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from joserfc.errors import JoseError
from sqlalchemy import Row

from casework.cases import rules as histories
from casework.retention.actions.disposals import make_signer
from casework.seals.rules import Head, Link, Seal, SealCheck, check_history
from casework.seals.store import histories as store
from casework.seals.store import seals
from casework.settings import Settings
from chassis import ids
from chassis.commands import ExitCode, make_reporter
from chassis.database import ALL_COUNCILS, Database
from chassis.signed_statements import read_statement

_BATCH = 200
_MOST_FAULTS = 100
_ZERO = UUID(int=0)


@dataclass(slots=True)
class HistoryCheck:
    """What became of a check: how much was checked, and what is wrong."""

    faults: list[str] = field(default_factory=list)
    cases: int = 0
    erased: int = 0
    entries: int = 0
    seals: int = 0


async def verify_history(settings: Settings, arguments: list[str]) -> int:
    """Check every history of a council against its own chain, its row and the signed seals."""
    parser = argparse.ArgumentParser(prog="run casework verify-history", description=verify_history.__doc__)
    parser.add_argument("--council", required=True, help="its slug")
    options = parser.parse_args(arguments)
    database = Database(settings, "casework-verify", rows_secured=True)
    with make_reporter() as report:
        try:
            check = await check_histories(database, options.council, key=make_signer(settings).public_key())
        finally:
            await database.close()
        for fault in check.faults[:_MOST_FAULTS]:
            print(fault, file=sys.stderr)
        if check.faults:
            return report.finish(ExitCode.REFUSED, "a history is not as it was", faults=len(check.faults))
        counts = {
            "cases": check.cases,
            "erased": check.erased,
            "entries": check.entries,
            "seals": check.seals,
        }
        return report.finish(ExitCode.DONE, "verified", **counts)


async def check_histories(
    database: Database, council: str, batch: int = _BATCH, *, key: Mapping[str, Any] | None = None
) -> HistoryCheck:
    """Check a council's histories, a batch at a time: no statement is long, and cases may go on meanwhile.

    ``key``: the public key with which seals are signed; without it signatures are not checked.
    """
    check = HistoryCheck()
    until = await _check_seals(database, council, key, check)
    await _check_cases(database, council, batch, until, check)
    await _check_tombstones(database, council, batch, check)
    async with database.reading(ALL_COUNCILS) as session:
        lost = await seals.list_without_trace(session, council, _MOST_FAULTS)
    check.faults += [f"case {ids.show(case)}: it was sealed, and nothing of it is left" for case in lost]
    return check


async def _check_seals(
    database: Database, council: str, key: Mapping[str, Any] | None, check: HistoryCheck
) -> datetime | None:
    """Check the chain of seals; return up to when all is sealed."""
    chain = SealCheck()
    while True:
        async with database.reading(council) as session:
            rows = await seals.list_seals(session, council, chain.sequence, _BATCH)
            heads = [await seals.list_heads(session, council, row.sequence) for row in rows]
        for row, of_seal in zip(rows, heads, strict=True):
            statement = describe_seal(row, chain.digest)
            signed = statement if key is None else read_signed(row.statement, key)
            chain.add(statement, signed, of_seal)
            if chain.digest != bytes(row.digest):
                chain.faults.append(f"seal {row.sequence} is not as it was written")
        check.seals += len(rows)
        if len(rows) < _BATCH:
            check.faults += chain.faults
            return chain.until


def describe_seal(row: Row[Any], previous: bytes) -> dict[str, Any]:
    """Describe a seal from its row, behind the one before."""
    members = ("chain", "sequence", "day", "since", "until", "is_complete", "heads", "root")
    return Seal(**{name: getattr(row, name) for name in members}, previous=previous).describe()


def read_signed(statement: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read what a signature is of; None if it is not the key's."""
    try:
        return read_statement(statement, key)
    except (JoseError, ValueError):
        return None


async def _check_cases(
    database: Database, council: str, batch: int, until: datetime | None, check: HistoryCheck
) -> None:
    after = _ZERO
    while True:
        async with database.reading(council) as session:
            cases = await store.list_cases(session, council, after, batch)
            case_ids = [case.id for case in cases]
            entries = await store.list_entries(session, council, case_ids)
        heads = await _list_heads(database, case_ids)
        by_case = {case_id: list(rows) for case_id, rows in groupby(entries, lambda row: row.case_id)}
        for case in cases:
            rows = by_case.get(case.id, [])
            check.entries += len(rows)
            check.faults += check_case(case, rows, heads.get(case.id, []), until)
        check.cases += len(cases)
        if len(cases) < batch:
            return
        after = cases[-1].id


async def _list_heads(database: Database, cases: Sequence[UUID]) -> dict[UUID, list[Head]]:
    async with database.reading(ALL_COUNCILS) as session:
        rows = await seals.list_heads_of_cases(session, cases)
    return {
        case_id: [Head(row.n, bytes(row.digest), row.since) for row in heads]
        for case_id, heads in groupby(rows, lambda row: row.case_id)
    }


def check_case(
    case: Row[Any], rows: Sequence[Row[Any]], heads: Sequence[Head], until: datetime | None
) -> list[str]:
    """Check a history against its chain, the seals, and the row that it folds to."""
    name = ids.show(case.id)
    if not rows:
        return [f"case {name}: there is no history"]
    entries = [histories.read_entry(row) for row in rows if row.n <= case.version]
    faults = check_history(name, [make_link(row) for row in rows], heads, until)
    for row in rows:
        if row.changes is not None and (
            histories.digest_personal(row.salt, row.changes) != row.personal_digest
        ):
            faults.append(f"case {name}: the personal data of entry {row.n} are not as written")
    if rows[-1].n < case.version:
        faults.append(f"case {name}: the history ends before version {case.version}")
    folded = histories.select_of_row(histories.fold(entries))
    if folded != histories.flatten_row(case.engine, {"team": case.team, "assignee": case.assignee}):
        faults.append(f"case {name}: the case is not what its history says")
    return faults


def make_link(row: Row[Any]) -> Link:
    """Make the link of an entry's row."""
    content = histories.digest_content(histories.read_entry(row), row.personal_digest)
    return Link(row.n, content, bytes(row.digest), row.at)


async def _check_tombstones(database: Database, council: str, batch: int, check: HistoryCheck) -> None:
    after = _ZERO
    while True:
        async with database.reading(council) as session:
            rows = await store.list_tombstones(session, council, after, batch)
        heads = await _list_heads(database, [row.case_id for row in rows])
        for row in rows:
            links = link_contents([bytes(content) for content in row.contents])
            name = ids.show(row.case_id)
            check.faults += check_history(name, links, heads.get(row.case_id, []), None)
            if not links or links[-1].digest != bytes(row.digest):
                check.faults.append(f"case {name}: its tombstone is not as it was written")
        check.erased += len(rows)
        if len(rows) < batch:
            return
        after = rows[-1].case_id


def link_contents(contents: Sequence[bytes]) -> list[Link]:
    """Chain what is left of the entries of an erased history."""
    links, digest = [], histories.FIRST_DIGEST
    for n, content in enumerate(contents, 1):
        digest = histories.chain(digest, content)
        links.append(Link(n, content, digest, None))
    return links
