"""SQL of closures and admission authorities: each has an id, a version, and who changed it last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Row, Table, bindparam, delete, func, insert, select, text, update

from casework.calendar.tables import admission_authority, closure
from chassis.database import ReadSession, Session
from chassis.tables import council

_LOCK = text("SELECT pg_advisory_xact_lock(7420612, hashtext(:council))")
_GSS = select(council.c.gss).where(council.c.slug == bindparam("council_"))
_COUNCILS = select(council.c.slug).order_by(council.c.slug)
_NIL = UUID(int=0)


@dataclass(frozen=True)
class _Statements:
    get: Executable
    get_locked: Executable
    page: Executable
    count: Executable
    insert: Executable
    update: Executable
    delete: Executable


def _build(table: Table) -> _Statements:
    columns = table.c
    of_council = columns.council == bindparam("council_")
    same = of_council & (columns.id == bindparam("id_"))
    changed = {
        column.key: bindparam(f"p_{column.key}", type_=column.type)
        for column in columns
        if column.key not in {"council", "id", "version"}
    }
    page = select(table).where(of_council, columns.id > bindparam("after", type_=columns.id.type))
    return _Statements(
        get=select(table).where(same),
        get_locked=select(table).where(same).with_for_update(),
        page=page.order_by(columns.id).limit(bindparam("most")),
        count=select(func.count()).select_from(table).where(of_council),
        insert=insert(table),
        update=update(table).where(same).values({**changed, "version": columns.version + 1}),
        delete=delete(table).where(same),
    )


_STATEMENTS = {closure: _build(closure), admission_authority: _build(admission_authority)}


async def list_councils(session: ReadSession) -> Sequence[str]:
    """List the councils of the region."""
    return [row.slug for row in await session.all(_COUNCILS)]


async def find_gss(session: ReadSession, slug: str) -> str | None:
    """Find the GSS code of a council; None for one that is not known here."""
    gss: str | None = await session.scalar(_GSS, {"council_": slug})
    return gss


async def lock_calendars(session: Session, slug: str) -> None:
    """Lock a council's calendars until the transaction ends: nobody else adds to them meanwhile."""
    await session.execute(_LOCK, {"council": slug})


async def get_record(session: ReadSession, table: Table, slug: str, record: UUID) -> Row[Any] | None:
    """Get a record."""
    return await session.first(_STATEMENTS[table].get, {"council_": slug, "id_": record})


async def get_locked(session: Session, table: Table, slug: str, record: UUID) -> Row[Any] | None:
    """Get a record, locked."""
    return await session.first(_STATEMENTS[table].get_locked, {"council_": slug, "id_": record})


async def list_page(
    session: ReadSession, table: Table, slug: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List records in the order in which they were added."""
    values = {"council_": slug, "after": after or _NIL, "most": fetch}
    return await session.all(_STATEMENTS[table].page, values)


async def count_records(session: ReadSession, table: Table, slug: str) -> int:
    """Count the records of a council."""
    return int(await session.scalar(_STATEMENTS[table].count, {"council_": slug}))


async def insert_record(session: Session, table: Table, slug: str, values: Mapping[str, Any]) -> None:
    """Add a record, at version 1."""
    await session.execute(_STATEMENTS[table].insert, {**values, "council": slug, "version": 1})


async def update_record(
    session: Session, table: Table, slug: str, record: UUID, values: Mapping[str, Any]
) -> None:
    """Change a record: ``values`` has all columns but the key and the version, which rises."""
    bound = {f"p_{name}": value for name, value in values.items()}
    await session.execute(_STATEMENTS[table].update, {**bound, "council_": slug, "id_": record})


async def delete_record(session: Session, table: Table, slug: str, record: UUID) -> None:
    """Delete a record."""
    await session.execute(_STATEMENTS[table].delete, {"council_": slug, "id_": record})
