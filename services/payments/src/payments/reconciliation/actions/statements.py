"""Bank accounts and their statements: import files, each once; list what was imported."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import FieldError, Problem, conflict, not_found
from payments.bank_files.rules import bai2_file, camt053, mt940_file
from payments.bank_files.rules.statements import FileFaultError, Reader, Statement, check_statements
from payments.ledger.actions import closed_days
from payments.reconciliation.actions import placements
from payments.reconciliation.schemas.statements import BankAccount, NewBankAccount
from payments.reconciliation.store import bank_lines
from payments.reconciliation.store import statements as store

READERS: dict[str, Reader] = {"camt053": camt053.read, "mt940": mt940_file.read, "bai2": bai2_file.read}
_BEGINNING = UUID(int=0)
_MOST_ACCOUNTS = 500
_READING = asyncio.Semaphore(2)  # files that a process reads at once


async def read_file(file_format: str, content: bytes) -> list[Statement]:
    """Read a file off the event loop. Raises Problem 422 with line and field for a fault."""

    def read() -> list[Statement]:
        statements = READERS[file_format](content)
        check_statements(statements)
        return statements

    async with _READING:
        try:
            return await asyncio.to_thread(read)
        except FileFaultError as fault:
            raise _refuse(fault.line, fault.field, fault.message) from None


async def import_file(
    session: Session,
    council: str,
    caller: Caller,
    file_format: str,
    content: bytes,
    statements: Sequence[Statement],
) -> UUID:
    """Import a file that was read: all of it, or nothing. Returns its id, or that of the file it repeats.

    Raises Problem 409 for a statement that was imported with other lines, 422 for an unknown account.
    """
    digest = hashlib.sha256(content).digest()
    await closed_days.lock_imports(session, council, caller.mode)
    earlier_file = await store.find_file(session, council, caller.mode, digest)
    if earlier_file is not None:
        return UUID(str(earlier_file.id))
    pairs = [(await _find_account(session, council, caller.mode, item), item) for item in statements]
    earlier = [await _find_repeat(session, council, account, item) for account, item in pairs]
    repeated = [row for row in earlier if row is not None]
    if len(repeated) == len(pairs):
        return UUID(str(repeated[0].file))
    file = ids.new()
    row = {
        "council": council,
        "id": file,
        "mode": caller.mode,
        "format": file_format,
        "hash": digest,
        "size": len(content),
        "imported_by": caller.record(),
        "imported_at": clock.now(),
    }
    await store.insert_file(session, row)
    place = await placements.begin(session, council, caller.mode)
    for (account, statement), repeat in zip(pairs, earlier, strict=True):
        if repeat is None:
            await _import(place, file, account, statement)
    return file


async def _import(place: placements.Placing, file: UUID, account: Row[Any], statement: Statement) -> None:
    row = {
        "council": place.council,
        "id": ids.new(),
        "mode": place.mode,
        "file": file,
        "account": account.id,
        "identity": statement.identity,
        "digest": statement.digest,
        "from_date": statement.from_date,
        "to_date": statement.to_date,
        "opening": statement.opening,
        "closing": statement.closing,
        "lines": len(statement.lines),
    }
    await store.insert_statement(place.session, row)
    await placements.place_lines(place, account, row["id"], statement.lines)


async def _find_account(session: Session, council: str, mode: str, statement: Statement) -> Row[Any]:
    account = await store.find_account(session, council, mode, statement.account)
    if account is None:
        message = "is no bank account of the council in this mode. Add it, or send the right file"
        raise _refuse(statement.file_line, "account", message)
    return account


async def _find_repeat(
    session: Session, council: str, account: Row[Any], statement: Statement
) -> Row[Any] | None:
    """Find the statement if it was imported before, whatever file brought it."""
    row = await store.find_statement(session, council, account.id, statement.identity)
    if row is not None and bytes(row.digest) != statement.digest:
        detail = (
            f"The statement {statement.identity} of this account was imported before with other lines."
            " Nothing was taken."
        )
        raise conflict("statement-differs", detail)
    return row


def _refuse(line: int, field: str, message: str) -> Problem:
    error = FieldError(field=f"body.line.{line}", message=f"{field} {message}", code="broken_line")
    detail = f"Nothing was taken: line {line}, {field} {message}."
    return Problem(422, "statement-refused", detail, errors=[error], line=line)


async def get_file(session: ReadSession, council: str, file: UUID) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """Get a file with its statements."""
    row = await store.get_file(session, council, file)
    if row is None:
        raise LookupError(f"no file {ids.show(file)}")
    return row, await store.list_of_file(session, council, file)


async def get_statement(session: ReadSession, council: str, mode: str, statement: UUID) -> Row[Any]:
    """Get a statement. Raises Problem 404."""
    row = await store.get_statement(session, council, mode, statement)
    if row is None:
        raise not_found("bank statement with this id")
    return row


async def list_lines(
    session: ReadSession, council: str, mode: str, statement: UUID, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List the lines of a statement. Raises Problem 404."""
    await get_statement(session, council, mode, statement)
    return await bank_lines.list_lines(session, council, statement, after, fetch)


async def list_statements(
    session: ReadSession, council: str, mode: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List statements of a mode."""
    return await store.list_statements(session, council, mode, after or _BEGINNING, fetch)


async def create_bank_account(
    session: Session, council: str, caller: Caller, body: NewBankAccount
) -> BankAccount:
    """Add a bank account. Raises Problem 409."""
    if (
        len(await store.list_accounts(session, council, caller.mode, _BEGINNING, _MOST_ACCOUNTS))
        == _MOST_ACCOUNTS
    ):
        raise conflict("too-many-records", f"A council may have {_MOST_ACCOUNTS} bank accounts.")
    row = {
        **body.model_dump(),
        "council": council,
        "id": ids.new(),
        "mode": caller.mode,
        "created_by": caller.record(),
        "created_at": clock.now(),
    }
    if not await store.add_account(session, row):
        detail = "There is a bank account with this identification. Use that, or check the number."
        raise conflict("identification-taken", detail)
    return BankAccount.model_validate(row)


async def list_bank_accounts(
    session: ReadSession, council: str, mode: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a council's bank accounts of a mode."""
    return await store.list_accounts(session, council, mode, after or _BEGINNING, fetch)


def to_bank_account(row: Row[Any]) -> BankAccount:
    """Convert a row to the API's model."""
    return BankAccount.model_validate(row, from_attributes=True)


async def erase_words(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase what banks wrote about who paid in a batch of lines up to a day; return how many there were.

    Nothing is matched by it any more: a payout and a line are compared within 400 days.
    """
    return await bank_lines.erase_words(session, council, last_day, most)
