"""Agreements and their cards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Row, bindparam, insert, select, text, update
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

# Not in use, and with no payment whose payer is still needed.
_ERASE = text("""WITH unused AS (SELECT a.council, a.id FROM agreement a
        WHERE a.council = :council AND a.state <> 'active'
        AND greatest(a.created_at, a.cancelled_at) < :before AND NOT a.is_erased
        AND NOT EXISTS (SELECT FROM payment p WHERE p.council = a.council AND p.account = a.account
            AND p.agreement = a.id AND p.erased_at IS NULL)
        LIMIT :most FOR UPDATE),
    cards AS (DELETE FROM agreement_card c USING unused u WHERE c.council = u.council AND c.agreement = u.id)
    UPDATE agreement a SET description = '', user_identifier = NULL, token = NULL, is_erased = true
    FROM unused u WHERE a.council = u.council AND a.id = u.id""").bindparams(
    bindparam("before", type_=DateTime(timezone=True))
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


async def erase_unused(session: Session, council: str, before: datetime, most: int) -> int:
    """Erase cards and words of a batch of agreements that are out of use; return how many there were."""
    return await session.execute(_ERASE, {"council": council, "before": before, "most": most})
