"""A merge of councils in small, for tests: the rows of some councils become a successor's, in place.

``docs/decisions/0034-ready-for-reorganisation.md`` says what a service keeps to, so that this is enough.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import text

from chassis.database import Database, ReadSession

STAYING: Mapping[str, str] = {
    "outbox": "an event on its way names the council it happened at, and leaves within a second",
    "inbox": "an event that is delivered again still names the council it happened at, and must be known",
    "account_history": "it tells a person at which council something happened to their account",
    "gazetteer": "one row for each council: a successor has its own custodian code and counts its own keys",
    **dict.fromkeys(
        (
            "ledger_account",
            "ledger_transaction",
            "posting",
            "unsealed_transaction",
            "ledger_seal",
            "ledger_root",
            "balance_snapshot",
        ),
        "a ledger ends with a final root: a successor reads it and begins with opening balances",
    ),
    "reconciliation_settings": "a row for each council: a successor sets its own before its first close",
    **dict.fromkeys(
        ("day_close", "export_file", "export_part"),
        "a closed day stays closed, and its files are sent again as they were",
    ),
    "disposal_certificate": "it says who disposed of what, at the council where it was",
    **dict.fromkeys(
        ("history_seal", "history_head"),
        "a chain of seals ends with its council: a successor's begins, and reads the heads of both",
    ),
    "gazetteer_postcode": "triggers make it from `place`, for both councils",
}
"""Tables whose rows keep their council, each with its reason."""

_TABLES = text("""SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'council'
    AND NOT a.attisdropped ORDER BY c.relname""")
_COLUMNS = text("""SELECT attname FROM pg_attribute
    WHERE attrelid = CAST(CAST(:table AS text) AS regclass) AND attnum > 0 AND NOT attisdropped""")
_UNIQUE = text("""
    SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS table,
        coalesce(pg_get_expr(i.indpred, i.indrelid), 'true') AS predicate,
        ARRAY(SELECT a.attname::text FROM pg_attribute a
            WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) AND a.attname <> 'council') AS others
    FROM pg_index i JOIN pg_attribute c ON c.attrelid = i.indrelid AND c.attnum = ANY(i.indkey)
    WHERE i.indisunique AND c.attname = 'council'
    AND i.indrelid::regclass::text = ANY(CAST(:tables AS text[]))
    ORDER BY 1""")
_TEXTS = text("""SELECT c.relname AS table, a.attname AS column, a.atttypid = 'bytea'::regtype AS bytes
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    AND (t.typcategory IN ('S', 'A') OR t.typname IN ('jsonb', 'json', 'bytea'))
    AND a.attname <> 'council' ORDER BY 1, 2""")


async def list_moving_tables(session: ReadSession) -> list[str]:
    """List the tables whose rows a merge moves."""
    return [row.relname for row in await session.all(_TABLES) if row.relname not in STAYING]


async def rekey(
    database: Database,
    councils: Collection[str],
    successor: str,
    copies: Mapping[str, Collection[Any]] | None = None,
) -> None:
    """Make the rows of councils a successor's, in one transaction.

    ``copies``: values by column (``uprn``, or ``place.uprn`` of one table). Rows with one of them stay, for
    the successor has the original.
    """
    async with database.writing() as session:
        await session.set_all_councils()
        await session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        for table in await list_moving_tables(session):
            columns = {row.attname for row in await session.all(_COLUMNS, {"table": table})}
            copies_of_table = {
                name.removeprefix(f"{table}."): list(copied) for name, copied in (copies or {}).items()
            }
            stay = {name: copied for name, copied in copies_of_table.items() if name in columns}
            exclusion = "".join(f" AND NOT {name} = ANY(:{name})" for name in stay)
            statement = (
                f"UPDATE {table} SET council = :to WHERE council = ANY(CAST(:from AS text[])){exclusion}"
            )
            values = {"to": successor, "from": list(councils), **stay}
            await session.execute(text(statement), values)


async def find_collisions(
    session: ReadSession, councils: Collection[str]
) -> dict[str, Sequence[tuple[Any, ...]]]:
    """Find the unique keys that several councils' rows share, with the values: what a merge must decide."""
    await session.set_all_councils()
    collisions = {}
    tables = {"tables": await list_moving_tables(session)}
    for index in await session.all(_UNIQUE, tables):
        columns = ", ".join(index.others) or "count(*)"  # of a table with a row for each council
        present = " AND ".join(f"{name} IS NOT NULL" for name in index.others) or "true"
        groups = f"GROUP BY {columns}" if index.others else ""
        statement = f"""SELECT {columns} FROM {index.table} WHERE council = ANY(CAST(:councils AS text[]))
            AND {present} AND {index.predicate} {groups} HAVING count(*) > 1 ORDER BY {columns}"""
        if rows := await session.all(text(statement), {"councils": list(councils)}):
            collisions[index.name] = [tuple(row) for row in rows]
    return collisions


async def find_slugs(session: ReadSession, slugs: Collection[str]) -> set[str]:
    """Find the columns in which a value has one of the slugs: ``table.column``.

    ``council`` itself, and tables whose rows keep it, are left out.
    """
    await session.set_all_councils()
    columns_with_slug = set()
    for column in await session.all(_TEXTS):
        if column.table in STAYING:
            continue
        value = f"encode({column.column}, 'escape')" if column.bytes else f"{column.column}::text"
        statement = f"SELECT true FROM {column.table} WHERE {value} ~ :pattern LIMIT 1"
        if await session.scalar(text(statement), {"pattern": "|".join(slugs)}):
            columns_with_slug.add(f"{column.table}.{column.column}")
    return columns_with_slug
