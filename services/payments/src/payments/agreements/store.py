"""Agreements and their cards."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from payments.agreements.tables import CARD_LABELS, agreement, agreement_card

_CARD = tuple(column for column in agreement_card.c if column.name not in {"council", "agreement"})
_OWN = (agreement.c.council == bindparam("council")) & (agreement.c.id == bindparam("agreement_id"))
_INSERT = insert(agreement)
_FIND = (
    select(agreement, *(column.label(CARD_LABELS[column.name]) for column in _CARD))
    .outerjoin(
        agreement_card,
        (agreement_card.c.council == agreement.c.council) & (agreement_card.c.agreement == agreement.c.id),
    )
    .where(_OWN)
)
_LOCK = select(agreement).where(_OWN).with_for_update()
_SHARE = _FIND.with_for_update(read=True, of=agreement)
_SAVE_CARD = upsert(agreement_card)
_REPLACE_CARD = _SAVE_CARD.on_conflict_do_update(
    index_elements=["council", "agreement"],
    set_={column.name: _SAVE_CARD.excluded[column.name] for column in _CARD},
)


async def insert_agreement(session: Session, row: Mapping[str, Any]) -> None:
    """Write an agreement."""
    await session.execute(_INSERT, row)


async def find_agreement(session: ReadSession, council: str, agreement_id: UUID) -> Row[Any] | None:
    """Find an agreement with its card."""
    return await session.first(_FIND, {"council": council, "agreement_id": agreement_id})


async def share_agreement(session: Session, council: str, agreement_id: UUID) -> Row[Any] | None:
    """Find an agreement with its card, and let nobody change its state until the transaction ends."""
    return await session.first(_SHARE, {"council": council, "agreement_id": agreement_id})


async def lock_agreement(session: Session, council: str, agreement_id: UUID) -> Row[Any] | None:
    """Lock an agreement until the transaction ends."""
    return await session.first(_LOCK, {"council": council, "agreement_id": agreement_id})


async def update_agreement(session: Session, row: Row[Any], values: Mapping[str, Any]) -> None:
    """Change a locked agreement."""
    statement = update(agreement).where(agreement.c.council == row.council, agreement.c.id == row.id)
    await session.execute(statement.values(**values, version=row.version + 1))


async def save_card(session: Session, row: Row[Any], values: Mapping[str, Any]) -> None:
    """Write the card of a locked agreement, in place of the one before."""
    await session.execute(_REPLACE_CARD, {"council": row.council, "agreement": row.id, **values})
