"""SQL of the four kinds of record: each has an id, a version, and who changed it last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Row, Table, bindparam, func, insert, select, text, update

from chassis.database import ReadSession, Session
from chassis.tables import council
from payments.funds.tables import fund, payment_method, reference_rule, vat_code

_LOCK = text("SELECT pg_advisory_xact_lock(7420611, hashtext(:council))")
_COUNCIL = select(council.c.slug).where(council.c.slug == bindparam("council_"))
_NIL = UUID(int=0)


@dataclass(frozen=True)
class _Statements:
    get: Executable
    get_locked: Executable
    page: Executable
    whole: Executable
    count: Executable
    insert: Executable
    update: Executable


def _build(table: Table, name: str) -> _Statements:
    """Build the statements of a table whose rows people call by this column."""
    columns = table.c
    of_council = columns.council == bindparam("council_")
    this = select(table).where(of_council, columns.id == bindparam("id_"))
    whole = select(table).where(of_council).order_by(columns.id)
    same_name = bindparam("name_", type_=columns[name].type)
    keyset = columns.id > bindparam("after", type_=columns.id.type)
    changed = {
        column.key: bindparam(f"p_{column.key}", type_=column.type)
        for column in columns
        if column.key not in {"council", "id", "version"}
    }
    return _Statements(
        get=this,
        get_locked=this.with_for_update(),
        page=whole.where(keyset, same_name.is_(None) | (columns[name] == same_name)).limit(bindparam("most")),
        whole=whole,
        count=select(func.count()).select_from(table).where(of_council),
        insert=insert(table),
        update=update(table)
        .where(of_council, columns.id == bindparam("id_"))
        .values({**changed, "version": columns.version + 1}),
    )


_STATEMENTS = {
    fund: _build(fund, "code"),
    reference_rule: _build(reference_rule, "name"),
    vat_code: _build(vat_code, "code"),
    payment_method: _build(payment_method, "code"),
}


async def has_council(session: ReadSession, slug: str) -> bool:
    """Check whether this service knows a council."""
    return await session.first(_COUNCIL, {"council_": slug}) is not None


async def lock_finance(session: Session, council: str) -> None:
    """Lock a council's finance data until the transaction ends: nobody else adds or changes any."""
    await session.execute(_LOCK, {"council": council})


async def get_record(session: ReadSession, table: Table, council: str, record: UUID) -> Row[Any] | None:
    """Get a record."""
    return await session.first(_STATEMENTS[table].get, {"council_": council, "id_": record})


async def get_locked(session: Session, table: Table, council: str, record: UUID) -> Row[Any] | None:
    """Get a record, locked."""
    return await session.first(_STATEMENTS[table].get_locked, {"council_": council, "id_": record})


async def list_page(
    session: ReadSession, table: Table, council: str, name: str | None, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List records in the order in which they were added; only those of a code or name if there is one."""
    values = {"council_": council, "name_": name, "after": after or _NIL, "most": fetch}
    return await session.all(_STATEMENTS[table].page, values)


async def list_all(session: ReadSession, table: Table, council: str) -> Sequence[Row[Any]]:
    """List all records of a council: there are few hundred at most."""
    return await session.all(_STATEMENTS[table].whole, {"council_": council})


async def count_records(session: ReadSession, table: Table, council: str) -> int:
    """Count the records of a council."""
    return int(await session.scalar(_STATEMENTS[table].count, {"council_": council}))


async def insert_records(
    session: Session, table: Table, council: str, records: Sequence[Mapping[str, Any]]
) -> None:
    """Add records, at version 1; at least one."""
    rows = [{**values, "council": council, "version": 1} for values in records]
    await session.execute(_STATEMENTS[table].insert, rows)


async def update_record(
    session: Session, table: Table, council: str, record: UUID, values: Mapping[str, Any]
) -> None:
    """Change a record: ``values`` has all columns but the key and the version, which rises."""
    bound = {f"p_{name}": value for name, value in values.items()}
    await session.execute(_STATEMENTS[table].update, {**bound, "council_": council, "id_": record})
