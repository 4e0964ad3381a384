"""Statements that read all that is stored of a case, table by table."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, bindparam, func, or_, select

from casework.attachments.tables import attachment
from casework.cases.tables import case_record
from casework.retention.store.erasure import find_case_columns
from casework.shared.tables import metadata
from chassis.database import ReadSession

_FILES = (
    select(attachment)
    .where(attachment.c.council == bindparam("council"), attachment.c.case_id == bindparam("case_id"))
    .order_by(attachment.c.id)
)
_VERSION = select(case_record.c.version).where(
    case_record.c.council == bindparam("council"), case_record.c.id == bindparam("case_id")
)


async def find_version(session: ReadSession, council: str, case_id: UUID) -> int:
    """Find the version of a case; 0 if it is gone."""
    return int(await session.scalar(_VERSION, {"council": council, "case_id": case_id}) or 0)


async def read_case_rows(
    session: ReadSession, council: str, case_id: UUID
) -> dict[str, list[dict[str, Any]]]:
    """Read the rows of every table that refer to a case, each as JSON without the council."""
    rows = {}
    for name, statement in _list_statements():
        result = await session.all(statement, {"council": council, "case_id": case_id})
        rows[name] = [row.document for row in result]
    return {name: documents for name, documents in rows.items() if documents}


async def list_files(session: ReadSession, council: str, case_id: UUID) -> Sequence[Row[Any]]:
    """List the attachments of a case, in whichever state."""
    return await session.all(_FILES, {"council": council, "case_id": case_id})


@cache
def _list_statements() -> tuple[tuple[str, Select[Any]], ...]:
    columns = find_case_columns()
    return tuple(
        (table.name, _read_rows(table, columns[table]))
        for table in metadata.sorted_tables
        if table in columns
    )


def _read_rows(table: Table, columns: Sequence[Any]) -> Select[Any]:
    document = func.to_jsonb(table.table_valued()).op("-")("council").label("document")
    return (
        select(document)
        .select_from(table)
        .where(
            table.c.council == bindparam("council"),
            or_(*(column == bindparam("case_id") for column in columns)),
        )
        .order_by(*table.primary_key.columns)
    )
