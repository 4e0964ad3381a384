"""SQL statements of mandates, their payers and notices."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text, update

from chassis.database import ReadSession, Session
from payments.direct_debit.tables import advance_notice, mandate, mandate_payer

_OF_COUNCIL = mandate.c.council == bindparam("council_")
_FIND = select(mandate).where(_OF_COUNCIL, mandate.c.id == bindparam("id_"))
_LOCK = _FIND.with_for_update()
_BY_PROVIDER = {
    name: select(mandate).where(
        _OF_COUNCIL,
        mandate.c.service_user == bindparam("user_"),
        mandate.c[name] == bindparam("provider_id"),
    )
    for name in ("provider_mandate", "provider_request")
}
_OF_MODE = select(mandate).where(_OF_COUNCIL, mandate.c.mode == bindparam("mode_")).order_by(mandate.c.id)
_PAGE = _OF_MODE.limit(bindparam("fetch_"))
_AFTER = _PAGE.where(mandate.c.id > bindparam("after_"))
_INSERT, _INSERT_PAYER, _INSERT_NOTICE = insert(mandate), insert(mandate_payer), insert(advance_notice)
_EMAIL = text("SELECT email FROM mandate_payer WHERE council = :council AND mandate = :mandate")
_SENT = text("""UPDATE advance_notice SET sent_at = :now, message = NULL
    WHERE council = :council AND message = :message""")
_WITHDRAW = text("""WITH waiting AS (
        SELECT council, id, message FROM advance_notice
        WHERE council = :council AND mandate = :mandate AND message IS NOT NULL FOR UPDATE)
    UPDATE advance_notice n SET message = NULL FROM waiting w
    WHERE n.council = w.council AND n.id = w.id RETURNING w.message""")
# Of the default 13 months: what was not used since, and what never was.
_DORMANT = text("""SELECT m.council, m.id FROM mandate m
    JOIN service_user u ON u.council = m.council AND u.id = m.service_user
    WHERE m.state IN ('active', 'suspended')
    AND coalesce(m.last_charged_on, (m.activated_at AT TIME ZONE 'UTC')::date)
        < CAST(:today AS date) - make_interval(months => u.dormant_months)
    AND NOT EXISTS (SELECT FROM collection c WHERE c.council = m.council AND c.mandate = m.id
        AND c.state IN ('submitting', 'submitted'))
    ORDER BY m.council, m.id LIMIT :most""")


async def find(session: ReadSession, council: str, mandate_id: UUID) -> Row[Any] | None:
    """Find a mandate."""
    return await session.first(_FIND, {"council_": council, "id_": mandate_id})


async def lock(session: Session, council: str, mandate_id: UUID) -> Row[Any] | None:
    """Lock a mandate until the transaction ends."""
    return await session.first(_LOCK, {"council_": council, "id_": mandate_id})


async def find_by_provider(
    session: ReadSession, council: str, user_id: UUID, name: str, provider_id: str
) -> Row[Any] | None:
    """Find a mandate by the provider's id of it or of its request (``name`` is the column)."""
    params = {"council_": council, "user_": user_id, "provider_id": provider_id}
    return await session.first(_BY_PROVIDER[name], params)


async def list_page(
    session: ReadSession, council: str, mode: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a council's mandates of a mode in the order in which they were made."""
    params = {"council_": council, "mode_": mode, "fetch_": fetch}
    if after is None:
        return await session.all(_PAGE, params)
    return await session.all(_AFTER, {**params, "after_": after})


async def insert_mandate(session: Session, row: Mapping[str, Any], email: str) -> None:
    """Write a mandate and its payer."""
    await session.execute(_INSERT, row)
    payer = {"council": row["council"], "mandate": row["id"], "email": email}
    await session.execute(_INSERT_PAYER, payer)


async def update_mandate(session: Session, council: str, mandate_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a locked mandate."""
    statement = update(mandate).where(mandate.c.council == council, mandate.c.id == mandate_id)
    await session.execute(statement.values(**values))


async def find_email(session: ReadSession, council: str, mandate_id: UUID) -> str | None:
    """Find where a mandate's notices go; None once that was erased."""
    email: str | None = await session.scalar(_EMAIL, {"council": council, "mandate": mandate_id})
    return email


async def insert_notice(session: Session, row: Mapping[str, Any]) -> None:
    """Write a notice."""
    await session.execute(_INSERT_NOTICE, row)


async def record_sent(session: Session, council: str, message_id: UUID, now: datetime) -> None:
    """Write when a notice was sent."""
    await session.execute(_SENT, {"council": council, "message": message_id, "now": now})


async def withdraw_notices(session: Session, council: str, mandate_id: UUID) -> list[UUID]:
    """Let no notice of a mandate wait any more; return the messages that did."""
    rows = await session.all(_WITHDRAW, {"council": council, "mandate": mandate_id})
    return [row.message for row in rows]


async def list_dormant(session: ReadSession, today: object, most: int) -> Sequence[Row[Any]]:
    """List mandates of all councils by which nothing was collected for the service user's months."""
    return await session.all(_DORMANT, {"today": today, "most": most})
