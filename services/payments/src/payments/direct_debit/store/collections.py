"""SQL statements of collections and their lines."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, any_, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from chassis.database import ReadSession, Session
from payments.direct_debit.rules.states import WAITING
from payments.direct_debit.tables import advance_notice, collection, collection_line

_OF_COUNCIL = collection.c.council == bindparam("council_")
_JOINED = collection.outerjoin(
    advance_notice,
    (advance_notice.c.council == collection.c.council) & (advance_notice.c.id == collection.c.notice),
)
_SELECT = select(collection, advance_notice.c.sent_at.label("notice_sent_at")).select_from(_JOINED)
_FIND = _SELECT.where(_OF_COUNCIL, collection.c.id == bindparam("id_"))
_LOCK = _FIND.with_for_update(of=collection)
_BY_PROVIDER = (
    _SELECT.where(
        _OF_COUNCIL,
        collection.c.service_user == bindparam("user_"),
        collection.c.provider_payment == bindparam("payment_"),
    )
    .order_by(collection.c.id.desc())
    .limit(1)
)
_PRESENTATION = select(collection.c.id).where(_OF_COUNCIL, collection.c.presents == bindparam("id_"))
_OF_MODE = _SELECT.where(_OF_COUNCIL, collection.c.mode == bindparam("mode_")).order_by(collection.c.id)
_PAGE = _OF_MODE.limit(bindparam("fetch_"))
_AFTER = collection.c.id > bindparam("after_")
_FILTERS = {
    name: collection.c[name] == bindparam(f"{name}_", type_=collection.c[name].type)
    for name in ("mandate", "plan")
}
_LOCK_WAITING = (
    _SELECT.where(
        _OF_COUNCIL, collection.c.mandate == bindparam("mandate_"), collection.c.state.in_(sorted(WAITING))
    )
    .order_by(collection.c.id)
    .with_for_update(of=collection)
)
_LINES = (
    select(collection_line)
    .where(
        collection_line.c.council == bindparam("council_"),
        collection_line.c.collection.in_(bindparam("ids_", expanding=True)),
    )
    .order_by(collection_line.c.collection, collection_line.c.n)
)
_SUBMITTED = select(collection).where(
    _OF_COUNCIL,
    collection.c.service_user == bindparam("user_"),
    collection.c.provider_payment == any_(bindparam("payments_", type_=ARRAY(Text))),
    collection.c.submitted_at.is_not(None),
)
_FIRST = select(func.min(collection.c.submitted_at)).where(
    _OF_COUNCIL, collection.c.service_user == bindparam("user_")
)
_INSERT, _INSERT_LINE = insert(collection), insert(collection_line)
# Of all councils, the earliest days first. What is suspended when its day is near is stopped.
_DUE = text("""SELECT council, id FROM collection
    WHERE state IN ('scheduled', 'suspended') AND charge_date <= :until
    ORDER BY charge_date, council, id LIMIT :most""")
_CHARGED = text("""SELECT DISTINCT council, service_user, mode FROM (
        SELECT council, service_user, mode FROM collection
        WHERE state = 'submitted' AND charge_date <= :today ORDER BY charge_date, council LIMIT :most) c""")
_LOCK_CHARGED = (
    _SELECT.where(
        _OF_COUNCIL,
        collection.c.service_user == bindparam("user_"),
        collection.c.state == "submitted",
        collection.c.charge_date <= bindparam("today_"),
    )
    .order_by(collection.c.id)
    .limit(bindparam("most_"))
    .with_for_update(of=collection)
)


async def find(session: ReadSession, council: str, collection_id: UUID) -> Row[Any] | None:
    """Find a collection, with when its notice was sent."""
    return await session.first(_FIND, {"council_": council, "id_": collection_id})


async def lock(session: Session, council: str, collection_id: UUID) -> Row[Any] | None:
    """Lock a collection until the transaction ends."""
    return await session.first(_LOCK, {"council_": council, "id_": collection_id})


async def find_by_provider(
    session: ReadSession, council: str, user_id: UUID, payment: str
) -> Row[Any] | None:
    """Find the collection of a provider's payment: of one that was presented again, the newest."""
    return await session.first(_BY_PROVIDER, {"council_": council, "user_": user_id, "payment_": payment})


async def list_submitted(
    session: ReadSession, council: str, user_id: UUID, payments: Sequence[str]
) -> Sequence[Row[Any]]:
    """List the collections that the provider has by these payments."""
    params = {"council_": council, "user_": user_id, "payments_": list(payments)}
    return await session.all(_SUBMITTED, params)


async def find_first_submission(session: ReadSession, council: str, user_id: UUID) -> datetime | None:
    """Find when the provider had a service user's first collection."""
    moment: datetime | None = await session.scalar(_FIRST, {"council_": council, "user_": user_id})
    return moment


async def find_presentation(session: ReadSession, council: str, collection_id: UUID) -> UUID | None:
    """Find the collection that presents another one again."""
    presentation: UUID | None = await session.scalar(
        _PRESENTATION, {"council_": council, "id_": collection_id}
    )
    return presentation


async def list_page(
    session: ReadSession,
    council: str,
    mode: str,
    after: UUID | None,
    fetch: int,
    filters: Mapping[str, UUID | None],
) -> Sequence[Row[Any]]:
    """List a council's collections of a mode, of a mandate or plan, in the order they were made."""
    statement = _PAGE
    params: dict[str, Any] = {"council_": council, "mode_": mode, "fetch_": fetch}
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(_FILTERS[name])
            params[f"{name}_"] = value
    if after is not None:
        statement = statement.where(_AFTER)
        params["after_"] = after
    return await session.all(statement, params)


async def list_lines(
    session: ReadSession, council: str, collection_ids: Sequence[UUID]
) -> dict[UUID, list[Row[Any]]]:
    """List the lines of collections: one statement."""
    lines: dict[UUID, list[Row[Any]]] = {collection_id: [] for collection_id in collection_ids}
    if collection_ids:
        for row in await session.all(_LINES, {"council_": council, "ids_": list(collection_ids)}):
            lines[row.collection].append(row)
    return lines


async def insert_all(
    session: Session, rows: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]
) -> None:
    """Write collections and their lines."""
    await session.execute(_INSERT, list(rows))
    await session.execute(_INSERT_LINE, list(lines))


async def replace_lines(
    session: Session, council: str, collection_id: UUID, lines: Sequence[Mapping[str, Any]]
) -> None:
    """Give a locked collection other lines."""
    of_collection = (collection_line.c.council == council, collection_line.c.collection == collection_id)
    await session.execute(delete(collection_line).where(*of_collection))
    await session.execute(_INSERT_LINE, list(lines))


async def update_one(session: Session, council: str, collection_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a locked collection."""
    await update_all(session, council, [collection_id], values)


async def update_all(
    session: Session, council: str, collection_ids: Sequence[UUID], values: Mapping[str, Any]
) -> None:
    """Change locked collections alike; their versions rise."""
    statement = update(collection).where(collection.c.council == council, collection.c.id.in_(collection_ids))
    await session.execute(statement.values(**values, version=collection.c.version + 1))


async def lock_waiting(session: Session, council: str, mandate_id: UUID) -> Sequence[Row[Any]]:
    """Lock a mandate's collections that the provider does not have."""
    return await session.all(_LOCK_WAITING, {"council_": council, "mandate_": mandate_id})


async def list_due(session: ReadSession, until: date, most: int) -> Sequence[Row[Any]]:
    """List collections of all councils that wait for their submission: council and id."""
    return await session.all(_DUE, {"until": until, "most": most})


async def list_charged(session: ReadSession, today: date, most: int) -> Sequence[Row[Any]]:
    """List service users of all councils of whose collections some are to be posted."""
    return await session.all(_CHARGED, {"today": today, "most": most})


async def lock_charged(
    session: Session, council: str, user_id: UUID, today: date, most: int
) -> Sequence[Row[Any]]:
    """Lock collections whose charge date has come."""
    params = {"council_": council, "user_": user_id, "today_": today, "most_": most}
    return await session.all(_LOCK_CHARGED, params)
