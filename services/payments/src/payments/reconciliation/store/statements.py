"""Bank accounts, files of statements, and statements."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from payments.reconciliation.tables import bank_account, bank_statement, statement_file


def _page(table: Table) -> Select[Any]:
    return (
        select(table)
        .where(
            table.c.council == bindparam("council"),
            table.c.mode == bindparam("mode"),
            table.c.id > bindparam("after"),
        )
        .order_by(table.c.id)
        .limit(bindparam("fetch"))
    )


_ACCOUNTS = _page(bank_account)
_STATEMENTS = _page(bank_statement)
_ADD_ACCOUNT = upsert(bank_account).on_conflict_do_nothing()
_ACCOUNT = select(bank_account).where(
    bank_account.c.council == bindparam("council"),
    bank_account.c.mode == bindparam("mode"),
    bank_account.c.identification == bindparam("identification"),
)
_FILE = select(statement_file).where(
    statement_file.c.council == bindparam("council"),
    statement_file.c.mode == bindparam("mode"),
    statement_file.c.hash == bindparam("hash"),
)
_GET_FILE = select(statement_file).where(
    statement_file.c.council == bindparam("council"), statement_file.c.id == bindparam("file")
)
_STATEMENT = select(bank_statement).where(
    bank_statement.c.council == bindparam("council"),
    bank_statement.c.account == bindparam("account"),
    bank_statement.c.identity == bindparam("identity"),
)
_OF_FILE = (
    select(bank_statement)
    .where(bank_statement.c.council == bindparam("council"), bank_statement.c.file == bindparam("file"))
    .order_by(bank_statement.c.id)
)
_GET = select(bank_statement).where(
    bank_statement.c.council == bindparam("council"),
    bank_statement.c.mode == bindparam("mode"),
    bank_statement.c.id == bindparam("statement"),
)
_INSERT_FILE, _INSERT = insert(statement_file), insert(bank_statement)


async def add_account(session: Session, row: Mapping[str, Any]) -> bool:
    """Add a bank account; False if the council has it."""
    return await session.execute(_ADD_ACCOUNT, row) > 0


async def find_account(session: ReadSession, council: str, mode: str, identification: str) -> Row[Any] | None:
    """Find a bank account by its number."""
    params = {"council": council, "mode": mode, "identification": identification}
    return await session.first(_ACCOUNT, params)


async def list_accounts(
    session: ReadSession, council: str, mode: str, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List bank accounts in the order in which they were added."""
    return await session.all(_ACCOUNTS, {"council": council, "mode": mode, "after": after, "fetch": fetch})


async def find_file(session: ReadSession, council: str, mode: str, digest: bytes) -> Row[Any] | None:
    """Find a file by its hash."""
    return await session.first(_FILE, {"council": council, "mode": mode, "hash": digest})


async def get_file(session: ReadSession, council: str, file: UUID) -> Row[Any] | None:
    """Get a file."""
    return await session.first(_GET_FILE, {"council": council, "file": file})


async def insert_file(session: Session, row: Mapping[str, Any]) -> None:
    """Write a file."""
    await session.execute(_INSERT_FILE, row)


async def find_statement(session: ReadSession, council: str, account: UUID, identity: str) -> Row[Any] | None:
    """Find a statement by what the bank calls it."""
    params = {"council": council, "account": account, "identity": identity}
    return await session.first(_STATEMENT, params)


async def insert_statement(session: Session, row: Mapping[str, Any]) -> None:
    """Write a statement."""
    await session.execute(_INSERT, row)


async def list_of_file(session: ReadSession, council: str, file: UUID) -> Sequence[Row[Any]]:
    """List the statements of a file."""
    return await session.all(_OF_FILE, {"council": council, "file": file})


async def list_statements(
    session: ReadSession, council: str, mode: str, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List statements in the order in which they were imported."""
    return await session.all(_STATEMENTS, {"council": council, "mode": mode, "after": after, "fetch": fetch})


async def get_statement(session: ReadSession, council: str, mode: str, statement: UUID) -> Row[Any] | None:
    """Get a statement of a mode."""
    return await session.first(_GET, {"council": council, "mode": mode, "statement": statement})
