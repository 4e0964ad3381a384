"""Statements of disposal lists, their items and certificates."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, or_, select, text, update

from casework.retention.rules.disposals import ItemState
from casework.retention.tables import disposal_certificate, disposal_item, disposal_list
from chassis.database import ReadSession, Session

_LIST, _ITEM, _CERTIFICATE = disposal_list.c, disposal_item.c, disposal_certificate.c
_GET = select(disposal_list).where(_LIST.council == bindparam("council"), _LIST.id == bindparam("list_id"))
_LISTS = (
    select(disposal_list)
    .where(
        _LIST.council == bindparam("council"),
        _LIST.mode == bindparam("mode"),
        _LIST.id > bindparam("after"),
    )
    .order_by(_LIST.id)
    .limit(bindparam("fetch"))
)
# What is due by a day, with the cases that ended in it: they go when it goes, in as many steps as there are.
# A case with an open sub-case, and one that somebody keeps until later, waits.
_DUE = text("""WITH RECURSIVE due AS (
        SELECT c.id, c.reference, c.code, c.result, c.closed_at, c.dispose_on,
            c.type_version, CAST(NULL AS text) AS follows, 0 AS depth
        FROM case_record c
        WHERE c.council = :council AND c.mode = :mode AND c.dispose_on <= :due_by
        AND (CAST(:code AS text) IS NULL OR c.code = :code)
        AND (CAST(:after_day AS date) IS NULL OR (c.dispose_on, c.id) > (:after_day, :after_id))
        ORDER BY c.dispose_on, c.id LIMIT :fetch
    ), free AS (
        SELECT * FROM due d WHERE NOT EXISTS (SELECT FROM disposal_item i
            WHERE i.council = :council AND i.case_id = d.id AND i.state = 'deferred'
            AND i.deferred_until > :today)
        AND NOT EXISTS (SELECT FROM case_link l
            JOIN case_record s ON s.council = l.council AND s.id = l.other_id
            WHERE l.council = :council AND l.case_id = d.id AND l.kind = 'sub_case' AND s.closed_at IS NULL)
    ), family AS (
        SELECT * FROM free
        UNION ALL
        SELECT m.id, m.reference, m.code, m.result, m.closed_at, f.dispose_on, m.type_version,
            f.reference, f.depth + 1
        FROM family f
        JOIN case_link l ON l.council = :council AND l.other_id = f.id AND l.kind = 'merge'
        JOIN case_record m ON m.council = :council AND m.id = l.case_id
            AND m.closed_at IS NOT NULL AND m.dispose_on IS NULL
        WHERE f.depth < 20
    ) SELECT f.*, (SELECT count(*) FROM due) AS due_count,
        (SELECT max(dispose_on) FROM due) AS last_day,
        (SELECT id FROM due ORDER BY dispose_on DESC, id DESC LIMIT 1) AS last_id
    FROM (SELECT 1) AS one LEFT JOIN family f ON true""")
_INSERT_ITEMS = text("""INSERT INTO disposal_item
        (council, list_id, case_id, reference, code, result, closed_on, due_on, rule, depth,
        state, bundle)
    SELECT :council, :list_id, i.case_id, i.reference, i.code, i.result, i.closed_on, i.due_on, i.rule,
        i.depth, 'due', uuidv7()
    FROM jsonb_to_recordset(CAST(:items AS jsonb)) AS i
        (case_id uuid, reference text, code text, result text, closed_on date, due_on date, rule jsonb,
        depth integer)
    ON CONFLICT DO NOTHING""")
_ITEMS = (
    select(disposal_item)
    .where(
        _ITEM.council == bindparam("council"),
        _ITEM.list_id == bindparam("list_id"),
        _ITEM.case_id > bindparam("after"),
    )
    .order_by(_ITEM.case_id)
    .limit(bindparam("fetch"))
)
_OPEN_ITEMS = (
    select(disposal_item)
    .where(
        _ITEM.council == bindparam("council"),
        _ITEM.list_id == bindparam("list_id"),
        _ITEM.state == ItemState.DUE,
    )
    .order_by(_ITEM.depth, _ITEM.case_id)
    .limit(bindparam("fetch"))
)
_COPIED = or_(_ITEM.rule["then"].astext == "destroy", _ITEM.bundle_digest.isnot(None))
_ERASABLE, _TO_COPY = _OPEN_ITEMS.where(_COPIED), _OPEN_ITEMS.where(~_COPIED)
_FIND_ITEM = select(disposal_item).where(
    _ITEM.council == bindparam("council"),
    _ITEM.list_id == bindparam("list_id"),
    _ITEM.case_id == bindparam("case_id"),
)
_DEFERRERS = (
    select(_ITEM.deferred_by)
    .where(
        _ITEM.council == bindparam("council"),
        _ITEM.list_id == bindparam("list_id"),
        _ITEM.deferred_by.isnot(None),
    )
    .distinct()
)
_COUNT = select(func.count()).where(
    _ITEM.council == bindparam("council"), _ITEM.list_id == bindparam("list_id")
)
_CERTIFICATE_OF = select(disposal_certificate).where(
    _CERTIFICATE.council == bindparam("council"), _CERTIFICATE.list_id == bindparam("list_id")
)


async def insert_list(session: Session, row: Mapping[str, Any]) -> None:
    """Write a list that is going to be built."""
    await session.execute(insert(disposal_list), row)


async def find_list(session: ReadSession, council: str, list_id: UUID) -> Row[Any] | None:
    """Find a list of either mode."""
    return await session.first(_GET, {"council": council, "list_id": list_id})


async def lock_list(session: Session, council: str, list_id: UUID) -> Row[Any] | None:
    """Lock a list of either mode until the transaction ends."""
    return await session.first(_GET.with_for_update(), {"council": council, "list_id": list_id})


async def update_list(session: Session, council: str, list_id: UUID, **values: Any) -> None:
    """Change a locked list."""
    statement = update(disposal_list).where(_LIST.council == council, _LIST.id == list_id)
    await session.execute(statement.values(**values, version=_LIST.version + 1))


async def list_lists(
    session: ReadSession, council: str, mode: str, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List disposal lists, the oldest first."""
    params = {"council": council, "mode": mode, "after": after, "fetch": fetch}
    return await session.all(_LISTS, params)


async def list_due(
    session: ReadSession,
    council: str,
    mode: str,
    code: str | None,
    days: tuple[date, date],
    after: tuple[date, UUID] | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List a batch of what is due, with what ended in it. ``days``: due by, and today.

    There is a row always: one without an id says how far the batch went.
    """
    due_by, today = days
    after_day, after_id = after or (None, UUID(int=0))
    params = {"council": council, "mode": mode, "code": code, "due_by": due_by, "today": today}
    cursor = {"after_day": after_day, "after_id": after_id, "fetch": fetch}
    return await session.all(_DUE, {**params, **cursor})


async def insert_items(session: Session, council: str, list_id: UUID, items: str) -> None:
    """Write items, as a JSON list. One that is there stays."""
    await session.execute(_INSERT_ITEMS, {"council": council, "list_id": list_id, "items": items})


async def count_items(session: ReadSession, council: str, list_id: UUID) -> int:
    """Count the items of a list."""
    return int(await session.scalar(_COUNT, {"council": council, "list_id": list_id}))


async def list_items(
    session: ReadSession, council: str, list_id: UUID, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List items by case."""
    params = {"council": council, "list_id": list_id, "after": after, "fetch": fetch}
    return await session.all(_ITEMS, params)


async def list_erasable(session: ReadSession, council: str, list_id: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List items that are due, and copied if they are archived: a case before those that ended in it."""
    return await session.all(_ERASABLE, {"council": council, "list_id": list_id, "fetch": fetch})


async def list_to_copy(session: ReadSession, council: str, list_id: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List items that are to be archived, and not copied yet."""
    return await session.all(_TO_COPY, {"council": council, "list_id": list_id, "fetch": fetch})


async def find_item(session: ReadSession, council: str, list_id: UUID, case_id: UUID) -> Row[Any] | None:
    """Find the item of a case."""
    return await session.first(_FIND_ITEM, {"council": council, "list_id": list_id, "case_id": case_id})


async def update_item(session: Session, council: str, list_id: UUID, case_id: UUID, **values: Any) -> None:
    """Change an item of a locked list."""
    statement = update(disposal_item).where(
        _ITEM.council == council, _ITEM.list_id == list_id, _ITEM.case_id == case_id
    )
    await session.execute(statement.values(**values))


async def list_deferrers(session: ReadSession, council: str, list_id: UUID) -> list[Mapping[str, Any]]:
    """List who made exceptions of a list."""
    rows = await session.all(_DEFERRERS, {"council": council, "list_id": list_id})
    return [row.deferred_by for row in rows]


async def insert_certificate(session: Session, row: Mapping[str, Any]) -> None:
    """Write a certificate, for ever."""
    await session.execute(insert(disposal_certificate), row)


async def find_certificate(session: ReadSession, council: str, list_id: UUID) -> Row[Any] | None:
    """Find the certificate of a list."""
    return await session.first(_CERTIFICATE_OF, {"council": council, "list_id": list_id})
