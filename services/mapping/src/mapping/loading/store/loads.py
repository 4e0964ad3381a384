"""Statements of loads and their rows: staged, compared with the layer, listed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Integer,
    LargeBinary,
    Row,
    Text,
    bindparam,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from mapping.loading.tables import layer_load

_L = layer_load.c
_SAME = (_L.council == bindparam("council"), _L.id == bindparam("load"))
_INSERT = insert(layer_load)
_GET = select(layer_load).where(*_SAME)
_LOCK = _GET.with_for_update()
_DELETE = delete(layer_load).where(*_SAME)
_LIST = (
    select(layer_load)
    .where(
        _L.council == bindparam("council"),
        _L.collection == bindparam("collection"),
        _L.id < bindparam("before"),
        _L.state != "receiving",
    )
    .order_by(_L.id.desc())
    .limit(bindparam("fetch"))
)
_CLEAR = text("DELETE FROM load_row WHERE council = :council AND load = :load")
_PROGRESS = text("""UPDATE layer_load SET rows_read = :rows, rows_total = :total
    WHERE council = :council AND id = :load""")
_COLUMNS: Mapping[str, Any] = {
    "row": Integer,
    "fid": Text,
    "wkb": LargeBinary,
    "properties": Text,
    "repaired": Boolean,
    "change": Text,
    "code": Text,
    "detail": Text,
}
_STAGE = text("""INSERT INTO load_row
        (council, load, row, fid, wkb, properties, repaired, change, code, detail)
    SELECT :council, :load, s.row, s.fid, s.wkb, CAST(s.properties AS jsonb), s.repaired, s.change, s.code,
        s.detail
    FROM unnest(:row, :fid, :wkb, :properties, :repaired, :change, :code, :detail)
        AS s (row, fid, wkb, properties, repaired, change, code, detail)""").bindparams(
    *(bindparam(name, type_=ARRAY(kind)) for name, kind in _COLUMNS.items())
)
# A feature whose time has ended comes back as one that changed.
_COMPARE = text("""UPDATE load_row r SET change = coalesce((SELECT CASE
            WHEN f.wkb IS DISTINCT FROM r.wkb THEN 'moved'
            WHEN f.properties <> r.properties OR f.valid_to IS NOT NULL THEN 'changed' ELSE 'same' END
        FROM feature f WHERE f.collection = :collection AND f.fid = r.fid AND f.ended = 2147483647), 'added')
    WHERE r.council = :council AND r.load = :load AND r.code IS NULL""")
# NOT IN is hashed whatever the planner thinks of rows that it has no statistics of, which is quadratic else.
_MISSING = """FROM feature f WHERE f.collection = :collection AND f.ended = 2147483647
    AND f.valid_to IS NULL AND f.fid NOT IN (SELECT r.fid FROM load_row r
        WHERE r.council = :council AND r.load = :load AND r.code IS NULL)"""
_COUNT = text(f"""SELECT count(*) FILTER (WHERE change = 'added') AS added,
        count(*) FILTER (WHERE change = 'changed') AS changed,
        count(*) FILTER (WHERE change = 'moved') AS moved,
        count(*) FILTER (WHERE change = 'same') AS same,
        count(*) FILTER (WHERE change = 'refused') AS refused,
        (SELECT count(*) {_MISSING}) AS missing,
        (SELECT count(*) FROM feature f WHERE f.collection = :collection AND f.ended = 2147483647
            AND f.valid_to IS NULL) AS standing
    FROM load_row WHERE council = :council AND load = :load""")  # noqa: S608
_COUNTS = ("added", "changed", "moved", "same", "refused", "missing", "standing")
_LIST_MISSING = text(f"SELECT f.fid {_MISSING} AND f.fid > :after ORDER BY f.fid LIMIT :fetch")
_ROWS = text("""SELECT row, fid, change, code, detail, repaired, CAST(properties AS text) AS properties
    FROM load_row WHERE council = :council AND load = :load AND change = :change AND row > :after
    ORDER BY row LIMIT :fetch""")
_TO_PUT = text("""SELECT row, fid, wkb, properties FROM load_row
    WHERE council = :council AND load = :load AND change IN ('added', 'changed', 'moved') AND row > :after
    ORDER BY row LIMIT :fetch""")
# Not a join: without statistics the planner takes one that is quadratic.
_STANDING = text("""SELECT fid, wkb, properties, valid_from FROM feature
    WHERE collection = :collection AND ended = 2147483647 AND valid_to IS NULL AND fid = ANY (:fids)
    """).bindparams(bindparam("fids", type_=ARRAY(Text)))
_TO_END = text(f"""SELECT f.fid, f.wkb, f.properties, f.valid_from {_MISSING} AND f.fid > :after
    ORDER BY f.fid LIMIT :fetch""")
_PURGE = delete_batch(layer_load, _L.state == "receiving", _L.created_at < bindparam("broken_off")).returning(
    _L.council, _L.id
)


async def insert_load(session: Session, values: Mapping[str, Any]) -> None:
    """Write a load whose file is going to arrive."""
    await session.execute(_INSERT, values)


async def get_load(session: ReadSession, council: str, load: UUID) -> Row[Any] | None:
    """Get a load."""
    return await session.first(_GET, {"council": council, "load": load})


async def lock_load(session: Session, council: str, load: UUID) -> Row[Any] | None:
    """Get a load, locked until the transaction ends."""
    return await session.first(_LOCK, {"council": council, "load": load})


async def list_loads(
    session: ReadSession, council: str, collection: UUID, before: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List the loads of a layer before one, latest first."""
    values = {"council": council, "collection": collection, "before": before, "fetch": fetch}
    return await session.all(_LIST, values)


async def update_load(
    session: Session, council: str, load: UUID, values: Mapping[str, Any]
) -> Row[Any] | None:
    """Change a load, and raise its version."""
    where = _L.council == council, _L.id == load
    statement = update(layer_load).where(*where).values(**values, version=_L.version + 1)
    return await session.first(statement.returning(layer_load))


async def delete_load(session: Session, council: str, load: UUID) -> None:
    """Delete a load."""
    await session.execute(_DELETE, {"council": council, "load": load})


async def set_progress(session: Session, council: str, load: UUID, rows: int, total: int | None) -> None:
    """Write how many rows are read, and of how many. The version stays: nobody decides by it."""
    await session.execute(_PROGRESS, {"council": council, "load": load, "rows": rows, "total": total})


async def clear_rows(session: Session, council: str, load: UUID) -> None:
    """Delete the rows of a load."""
    await session.execute(_CLEAR, {"council": council, "load": load})


async def stage_rows(session: Session, council: str, load: UUID, rows: Mapping[str, list[Any]]) -> None:
    """Write rows: a list for each column."""
    await session.execute(_STAGE, {"council": council, "load": load, **rows})


async def compare(session: Session, council: str, load: UUID, collection: UUID) -> dict[str, int]:
    """Compare a load's rows with what stands in the layer; return how many of each."""
    values = {"council": council, "load": load, "collection": collection}
    await session.execute(_COMPARE, values)
    row = await session.first(_COUNT, values)
    return {} if row is None else {name: getattr(row, name) for name in _COUNTS}


async def list_rows(
    session: ReadSession, council: str, load: UUID, change: str, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List rows of one change, by their number."""
    values = {"council": council, "load": load, "change": change, "after": after, "fetch": fetch}
    return await session.all(_ROWS, values)


async def list_missing(
    session: ReadSession, council: str, load: UUID, collection: UUID, after: str, fetch: int
) -> Sequence[str]:
    """List the ids that stand in the layer and are not in the file."""
    values = {"council": council, "load": load, "collection": collection, "after": after, "fetch": fetch}
    return [row.fid for row in await session.all(_LIST_MISSING, values)]


async def list_to_put(
    session: ReadSession, council: str, load: UUID, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List rows to be written."""
    values = {"council": council, "load": load, "after": after, "fetch": fetch}
    return await session.all(_TO_PUT, values)


async def list_standing(session: ReadSession, collection: UUID, fids: Sequence[str]) -> dict[str, Row[Any]]:
    """List those of some features that stand in a layer and have not ended, by id."""
    rows = await session.all(_STANDING, {"collection": collection, "fids": list(fids)})
    return {row.fid: row for row in rows}


async def list_to_end(
    session: ReadSession, council: str, load: UUID, collection: UUID, after: str, fetch: int
) -> Sequence[Row[Any]]:
    """List features that are gone, as they stand."""
    values = {"council": council, "load": load, "collection": collection, "after": after, "fetch": fetch}
    return await session.all(_TO_END, values)


async def purge_broken_off(session: Session, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Delete a batch of loads whose file never arrived."""
    return await session.all(_PURGE, values)
