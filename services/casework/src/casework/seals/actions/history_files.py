"""Histories and seals as a file for auditors, and its check without a database."""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from casework.cases import rules as histories
from casework.retention.actions.disposals import make_signer
from casework.seals.actions.verification import HistoryCheck, describe_seal, link_contents, read_signed
from casework.seals.rules import Head, Link, SealCheck, check_history, digest_seal
from casework.seals.store import histories as store
from casework.seals.store import seals
from casework.settings import Settings
from chassis import ids
from chassis.commands import CommandError, ExitCode, make_reporter
from chassis.database import Database

_BATCH = 200
_MOST_FAULTS = 100
_ZERO = UUID(int=0)


async def export_history(settings: Settings, arguments: list[str]) -> int:
    """Write a council's seals and histories to a file, a JSON object a line, without personal data."""
    parser = argparse.ArgumentParser(prog="run casework export-history", description=export_history.__doc__)
    parser.add_argument("--council", required=True, help="its slug")
    parser.add_argument("file", type=Path, help="a file that is not there yet")
    options = parser.parse_args(arguments)
    database = Database(settings, "casework-export", rows_secured=True)
    try:
        with make_reporter() as report, _create(options.file) as output:
            lines = 0
            async for line in read_histories(database, options.council):
                output.write(f"{json.dumps(line, ensure_ascii=False)}\n")
                lines += 1
            return report.finish(ExitCode.DONE, "exported", lines=lines)
    finally:
        await database.close()


async def read_histories(database: Database, council: str) -> AsyncIterator[dict[str, Any]]:
    """Read seals in their order, and then the histories that are there, and what is left of the others."""
    previous, sequence = histories.FIRST_DIGEST, 0
    while True:
        async with database.reading(council) as session:
            rows = await seals.list_seals(session, council, sequence, _BATCH)
            heads = [await seals.list_heads(session, council, row.sequence) for row in rows]
        for row, of_seal in zip(rows, heads, strict=True):
            statement, sequence = describe_seal(row, previous), row.sequence
            previous = digest_seal(statement)
            listed = [[ids.show(case), n, digest.hex()] for case, n, digest in of_seal]
            yield {"seal": statement, "signature": row.statement, "heads": listed}
        if len(rows) < _BATCH:
            break
    async for line in _read_cases(database, council):
        yield line
    async for line in _read_tombstones(database, council):
        yield line


async def _read_cases(database: Database, council: str) -> AsyncIterator[dict[str, Any]]:
    after = _ZERO
    while True:
        async with database.reading(council) as session:
            cases = await store.list_cases(session, council, after, _BATCH)
            entries = await store.list_entries(session, council, [case.id for case in cases])
        for case_id, rows in groupby(entries, lambda row: row.case_id):
            listed = [
                {
                    "content": histories.describe_content(histories.read_entry(row), row.personal_digest),
                    "digest": bytes(row.digest).hex(),
                }
                for row in rows
            ]
            yield {"case": ids.show(case_id), "entries": listed}
        if len(cases) < _BATCH:
            return
        after = cases[-1].id


async def _read_tombstones(database: Database, council: str) -> AsyncIterator[dict[str, Any]]:
    after = _ZERO
    while True:
        async with database.reading(council) as session:
            rows = await store.list_tombstones(session, council, after, _BATCH)
        for row in rows:
            contents = [bytes(content).hex() for content in row.contents]
            yield {"case": ids.show(row.case_id), "erased": contents}
        if len(rows) < _BATCH:
            return
        after = rows[-1].case_id


async def verify_history_file(_settings: Settings, arguments: list[str]) -> int:
    """Check a file of ``export-history`` with the public key that you were given, and no database."""
    parser = argparse.ArgumentParser(
        prog="run casework verify-history-file", description=verify_history_file.__doc__
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("key", type=Path, help="the JSON of `GET seals/key`")
    options = parser.parse_args(arguments)
    with make_reporter() as report:
        key = json.loads(options.key.read_text(encoding="utf-8"))
        check = check_lines(_read_lines(options.file), key.get("key", key))
        for fault in check.faults[:_MOST_FAULTS]:
            print(fault, file=sys.stderr)
        if check.faults:
            return report.finish(ExitCode.REFUSED, "a history is not as it was", faults=len(check.faults))
        return report.finish(ExitCode.DONE, "verified", cases=check.cases, seals=check.seals)


async def print_seal_key(settings: Settings, _arguments: list[str]) -> int:
    """Print the public key that signs seals and certificates of disposal, as a JWK."""
    print(json.dumps(make_signer(settings).public_key()))
    return ExitCode.DONE


def check_lines(lines: Iterable[dict[str, Any]], key: Mapping[str, Any]) -> HistoryCheck:
    """Check the lines of a file: seals first, then each history against them."""
    check, chain = HistoryCheck(), SealCheck()
    heads: dict[str, list[Head]] = defaultdict(list)
    for number, line in enumerate(lines, 1):
        try:
            if "seal" in line:
                _check_seal(line, key, chain, heads)
                check.seals += 1
            else:
                case, links = line["case"], _read_links(line)
                check.faults += check_history(case, links, heads.pop(case, []), chain.until)
                check.cases += 1
        except (KeyError, TypeError, ValueError):
            check.faults.append(f"line {number} is no seal and no history")
    missing = [f"case {case}: it was sealed, and nothing of it is left" for case in heads]
    check.faults += chain.faults + missing
    return check


def _check_seal(
    line: dict[str, Any], key: Mapping[str, Any], chain: SealCheck, heads: dict[str, list[Head]]
) -> None:
    statement = line["seal"]
    of_seal = [(ids.read(case), int(n), bytes.fromhex(digest)) for case, n, digest in line["heads"]]
    chain.add(statement, read_signed(line["signature"], key), of_seal)
    since = datetime.fromisoformat(statement["since"]) if statement["since"] else None
    for case, n, digest in of_seal:
        heads[ids.show(case)].append(Head(n, digest, since))


def _read_links(line: dict[str, Any]) -> list[Link]:
    if "erased" in line:
        return link_contents([bytes.fromhex(content) for content in line["erased"]])
    return [
        Link(
            int(entry["content"]["n"]),
            histories.digest_description(entry["content"]),
            bytes.fromhex(entry["digest"]),
            datetime.fromisoformat(entry["content"]["at"]),
        )
        for entry in line["entries"]
    ]


def _create(file: Path) -> Any:
    try:
        return file.open("x", encoding="utf-8")
    except FileExistsError:
        raise CommandError(ExitCode.REFUSED, f"{file} exists. Choose another name.") from None


def _read_lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError:
                raise CommandError(ExitCode.REFUSED, f"{file}, line {number} is no JSON.") from None
