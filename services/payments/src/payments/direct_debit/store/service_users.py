"""SQL statements of service users, and of what banks advise them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from payments.direct_debit.tables import bank_advice, service_user

_OF_COUNCIL = service_user.c.council == bindparam("council_")
_FIND = select(service_user).where(_OF_COUNCIL, service_user.c.id == bindparam("id_"))
_LOCK = _FIND.with_for_update()
_DEFAULT = select(service_user).where(
    _OF_COUNCIL, service_user.c.mode == bindparam("mode_"), service_user.c.is_default
)
_LIST = text("SELECT council, id, mode FROM service_user ORDER BY council, id")
_OF_MODE = text(
    "SELECT council, id, mode FROM service_user WHERE council = :council AND mode = :mode ORDER BY id"
)
_INSERT = (
    insert(service_user)
    .on_conflict_do_nothing(index_elements=["council", "mode"], index_where=service_user.c.is_default)
    .returning(service_user.c.id)
)
_SAVE_SECRET = text("""UPDATE service_user SET webhook_secret = :secret
    WHERE council = :council AND id = :id AND webhook_secret IS NULL""")
_SAVE_POLLED = text("""UPDATE service_user SET polled_until = :until
    WHERE council = :council AND id = :id AND (polled_until IS NULL OR polled_until < :until)""")
_ADVICES = select(bank_advice).where(
    bank_advice.c.council == bindparam("council_"), bank_advice.c.mode == bindparam("mode_")
)
_ORDERED = _ADVICES.order_by(bank_advice.c.id).limit(bindparam("fetch_"))
_AFTER = _ORDERED.where(bank_advice.c.id > bindparam("after_"))
_INSERT_ADVICE = insert(bank_advice).on_conflict_do_nothing().returning(bank_advice.c.id)


async def find_by_id(session: ReadSession, council: str, user_id: UUID) -> Row[Any] | None:
    """Find a service user."""
    return await session.first(_FIND, {"council_": council, "id_": user_id})


async def lock(session: Session, council: str, user_id: UUID) -> Row[Any] | None:
    """Lock a service user until the transaction ends."""
    return await session.first(_LOCK, {"council_": council, "id_": user_id})


async def find_default(session: ReadSession, council: str, mode: str) -> Row[Any] | None:
    """Find a council's service user of a mode."""
    return await session.first(_DEFAULT, {"council_": council, "mode_": mode})


async def list_all(session: ReadSession) -> Sequence[Row[Any]]:
    """List the service users of all councils: council, id and mode."""
    return await session.all(_LIST)


async def list_of_mode(session: ReadSession, council: str, mode: str) -> Sequence[Row[Any]]:
    """List a council's service users of a mode: council, id and mode."""
    return await session.all(_OF_MODE, {"council": council, "mode": mode})


async def insert_default(session: Session, row: Mapping[str, Any]) -> bool:
    """Write a council's service user of a mode; False if it has one."""
    return await session.first(_INSERT, row) is not None


async def change(session: Session, council: str, user_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a locked service user."""
    statement = update(service_user).where(service_user.c.council == council, service_user.c.id == user_id)
    await session.execute(statement.values(**values))


async def save_secret(session: Session, council: str, user_id: UUID, secret: bytes) -> None:
    """Write the sealed secret of notifications, unless there is one."""
    await session.execute(_SAVE_SECRET, {"council": council, "id": user_id, "secret": secret})


async def save_polled(session: Session, council: str, user_id: UUID, until: object) -> None:
    """Write until when the provider's events have been read."""
    await session.execute(_SAVE_POLLED, {"council": council, "id": user_id, "until": until})


async def insert_advice(session: Session, row: Mapping[str, Any]) -> bool:
    """Write an advice; False if it was written before."""
    return await session.first(_INSERT_ADVICE, row) is not None


async def list_advices(
    session: ReadSession, council: str, mode: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a council's advices of a mode in the order in which they came."""
    params = {"council_": council, "mode_": mode, "fetch_": fetch}
    if after is None:
        return await session.all(_ORDERED, params)
    return await session.all(_AFTER, {**params, "after_": after})
