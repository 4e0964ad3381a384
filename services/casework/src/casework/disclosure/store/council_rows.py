"""Statements that read all the rows of a council, table by table, as they were at one moment."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, func, select, text, tuple_

from casework.attachments.tables import attachment
from casework.shared.tables import metadata
from chassis import ids
from chassis.database import ReadSession, Session
from chassis.tables import platform

LEFT_OUT = {
    "outbox": "events on their way, gone within a second",
    "inbox": "which events were had",
    "job": "work that waits",
    "idempotency": "answers to repeated requests, kept for a day",
    "message": "messages on their way",
    "revoked_token": "credentials of this installation",
    "staff_session": "who is signed in",
    "sign_in_client": "a credential of this installation",
    "webhook_subscription": "secrets of this installation",
    "webhook_delivery": "deliveries on their way",
    "webhook_attempt": "deliveries on their way",
}
"""Tables of a council that no export has, each with its reason."""

_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_BLOBS = select(attachment.c.id, attachment.c.copy_id)


def list_tables() -> list[str]:
    """List the tables that an export has."""
    return sorted(name for name in _find_tables() if name not in LEFT_OUT)


def describe_table(name: str) -> dict[str, Any]:
    """Describe a table's columns and key, for who reads the export."""
    table = _find_tables()[name]
    return {
        "columns": {column.name: str(column.type) for column in table.columns},
        "key": [column.name for column in table.primary_key.columns],
    }


async def begin_snapshot(session: Session) -> None:
    """Have all that this transaction reads be of one moment. It comes first."""
    await session.execute(_SNAPSHOT)


async def read_rows(
    session: ReadSession, council: str, name: str, page: int
) -> AsyncIterator[dict[str, Any]]:
    """Read a table's rows by key, as JSON."""
    table = _find_tables()[name]
    keys = [column for column in table.primary_key.columns if column.name != "council"]
    statement = _select_rows(table, council).limit(page)
    after: tuple[Any, ...] | None = None
    while True:
        rows = await session.all(
            statement if after is None else statement.where(tuple_(*keys) > tuple_(*after))
        )
        for row in rows:
            yield row.document
        if len(rows) < page:
            return
        after = tuple(rows[-1][1:])


async def list_blobs(session: ReadSession, council: str) -> dict[str, UUID]:
    """List the blobs of a council by the names that their files get."""
    rows = await session.all(_BLOBS.where(attachment.c.council == council))
    return {
        f"attachments/{ids.show(row.id)}/{kind}": blob
        for row in rows
        for kind, blob in (("as-sent", row.id), ("as-shown", row.copy_id))
    }


def _find_tables() -> dict[str, Table]:
    tables = {**platform.tables, **metadata.tables}
    return {name: table for name, table in tables.items() if "council" in table.c or name == "council"}


def _select_rows(table: Table, council: str) -> Select[Any]:
    owner: ColumnElement[bool] = (table.c.slug if table.name == "council" else table.c.council) == council
    keys = [column for column in table.primary_key.columns if column.name != "council"]
    document = func.to_jsonb(table.table_valued()).label("document")
    return select(document, *keys).select_from(table).where(owner).order_by(*keys)
