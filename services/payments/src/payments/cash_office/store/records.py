"""SQL that the records of counter takings share: each has a council, a mode and an id."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Row, Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session

_LAST = UUID(int=2**128 - 1)


@cache
def _get(table: Table) -> Any:
    columns = table.c
    return select(table).where(
        columns.council == bindparam("council_"),
        columns.mode == bindparam("mode_"),
        columns.id == bindparam("id_"),
    )


@cache
def _lock(table: Table) -> Executable:
    locked: Executable = _get(table).with_for_update()
    return locked


@cache
def _insert(table: Table) -> Executable:
    return insert(table).on_conflict_do_nothing()


@cache
def _update(table: Table, names: tuple[str, ...]) -> Executable:
    return (
        update(table)
        .where(table.c.council == bindparam("council_"), table.c.id == bindparam("id_"))
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )


@cache
def _list(table: Table, names: tuple[str, ...]) -> Executable:
    columns = table.c
    return (
        select(table)
        .where(
            columns.council == bindparam("council_"),
            columns.mode == bindparam("mode_"),
            columns.id < bindparam("start"),
            *(columns[name] == bindparam(f"only_{name}") for name in names),
        )
        .order_by(columns.id.desc())
        .limit(bindparam("most"))
    )


async def get(session: ReadSession, table: Table, council: str, mode: str, record: UUID) -> Row[Any] | None:
    """Get a record."""
    return await session.first(_get(table), {"council_": council, "mode_": mode, "id_": record})


async def lock(session: Session, table: Table, council: str, mode: str, record: UUID) -> Row[Any] | None:
    """Get a record, locked until the transaction ends."""
    return await session.first(_lock(table), {"council_": council, "mode_": mode, "id_": record})


async def add(session: Session, table: Table, values: Mapping[str, Any]) -> bool:
    """Write a record; False if there is one that its keys exclude."""
    return await session.execute(_insert(table), dict(values)) > 0


async def change(
    session: Session, table: Table, council: str, record: UUID, values: Mapping[str, Any]
) -> None:
    """Change some columns of a locked record."""
    bound = {f"new_{name}": value for name, value in values.items()}
    await session.execute(
        _update(table, tuple(sorted(values))), {**bound, "council_": council, "id_": record}
    )


async def list_newest(
    session: ReadSession,
    table: Table,
    council: str,
    mode: str,
    only: Mapping[str, Any],
    start: UUID | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List records, the newest first; ``only``: those with these values, of which None is no condition."""
    chosen = {name: value for name, value in only.items() if value is not None}
    values = {f"only_{name}": value for name, value in chosen.items()}
    page = {"council_": council, "mode_": mode, "start": start or _LAST, "most": fetch}
    return await session.all(_list(table, tuple(sorted(chosen))), {**values, **page})
