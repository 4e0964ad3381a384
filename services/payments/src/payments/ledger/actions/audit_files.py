"""The ledger as a file for auditors, and its check without a database."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from joserfc.errors import JoseError

from chassis.commands import CommandError, ExitCode, make_reporter
from chassis.database import Database
from chassis.signed_statements import read_statement
from payments.ledger.actions.signatures import RootSigner
from payments.ledger.rules import ChainCheck, describe_record
from payments.ledger.store import seals as store
from payments.settings import Settings

_BATCH = 1_000
_EXPORT_USAGE = "Write `export-ledger COUNCIL sandbox|live FILE`."
_VERIFY_USAGE = "Write `verify-ledger FILE KEY`: a file of export-ledger, and the JSON of the public key."
_MAX_FAULTS = 20


async def export_ledger(settings: Settings, arguments: list[str]) -> int:
    """Write a council's sealed transactions and signed roots to a file, a JSON object a line."""
    if len(arguments) != 3 or arguments[1] not in {"sandbox", "live"}:  # noqa: PLR2004
        raise CommandError(ExitCode.USAGE, _EXPORT_USAGE)
    council, mode, file = arguments[0], arguments[1], Path(arguments[2])
    database = Database(settings, "payments", rows_secured=True)
    try:
        with make_reporter() as report, _create(file) as output:
            count = 0
            async for line in read_chain(database, council, mode):
                output.write(f"{json.dumps(line, ensure_ascii=False)}\n")
                count += 1
                report.progress("exporting", count, None)
            return report.finish(ExitCode.DONE, "exported", lines=count)
    finally:
        await database.close()


async def read_chain(database: Database, council: str, mode: str) -> AsyncIterator[dict[str, Any]]:
    """Read a chain's seals with their transactions, and then its roots, as the lines of a file."""
    after, since = 0, date.min
    while True:
        async with database.reading(council) as session:
            rows = await store.list_sealed(session, council, mode, after, _BATCH)
        for row in rows:
            after = row.sequence
            yield {"seal": row.sequence, "hash": bytes(row.hash).hex(), "transaction": describe_record(row)}
        if len(rows) < _BATCH:
            break
    while True:
        async with database.reading(council) as session:
            roots = await store.list_roots(session, council, mode, since, _BATCH)
        for root in roots:
            since = root.day
            yield {"root": root.statement}
        if len(roots) < _BATCH:
            return


async def verify_ledger(_settings: Settings, arguments: list[str]) -> int:
    """Check a file of ``export-ledger``: every seal, every sum, every signed root."""
    if len(arguments) != 2:  # noqa: PLR2004
        raise CommandError(ExitCode.USAGE, _VERIFY_USAGE)
    file, key = Path(arguments[0]), Path(arguments[1])
    with make_reporter() as report:
        check = check_lines(_read_lines(file), _read_key(key))
        for fault in check.faults[:_MAX_FAULTS]:
            print(fault, file=sys.stderr)
        if check.faults:
            return report.finish(ExitCode.REFUSED, "the ledger is not as it was", faults=len(check.faults))
        return report.finish(ExitCode.DONE, "verified", seals=check.sequence, hash=check.digest.hex())


def check_lines(lines: Iterator[dict[str, Any]], public_key: dict[str, Any]) -> ChainCheck:
    """Check the lines of a file."""
    check = ChainCheck()
    for number, line in enumerate(lines, 1):
        try:
            if "root" in line:
                check.check_root(read_statement(line["root"], public_key))
            else:
                check.add(line["seal"], line["transaction"], bytes.fromhex(line["hash"]))
        except JoseError:
            check.faults.append(f"line {number}: the root is not signed with this key")
        except (KeyError, TypeError, ValueError):
            check.faults.append(f"line {number} is no seal and no root")
    return check


async def print_ledger_key(settings: Settings, _arguments: list[str]) -> int:
    """Print the public key that signs roots, as a JWK."""
    print(json.dumps(RootSigner(settings).public_key()))
    return ExitCode.DONE


def _create(file: Path) -> TextIO:
    try:
        return file.open("x", encoding="utf-8")
    except FileExistsError:
        raise CommandError(ExitCode.REFUSED, f"{file} exists. Choose another name.") from None


def _read_key(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _read_lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError:
                raise CommandError(ExitCode.REFUSED, f"{file}, line {number} is no JSON.") from None
