"""The personal data of mandates, and the codes of their offers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, or_, select, tuple_, update

from chassis.batches import delete_batch
from chassis.database import Session
from identity.mandates.tables import mandate, mandate_offer

_OF_COUNCIL = mandate_offer.c.council == bindparam("council_")
_ADD_OFFER = insert(mandate_offer)
# A code is unique in the region. Row security shows those of the councils that the session sees.
_BY_CODE = select(mandate_offer.c.council, mandate_offer.c.mandate).where(
    mandate_offer.c.code_hash == bindparam("hash")
)
_SPEND_CODE = (
    update(mandate_offer)
    .where(_OF_COUNCIL, mandate_offer.c.mandate == bindparam("id_"))
    .values(code_hash=None)
)
_ERASE = delete(mandate_offer).where(
    or_(
        mandate_offer.c.email == bindparam("email_"),
        mandate_offer.c.mandate.in_(
            select(mandate.c.id).where(
                or_(mandate.c.principal == bindparam("account_"), mandate.c.delegate == bindparam("account_"))
            )
        ),
    )
)

_BEFORE = bindparam("before", type_=mandate.c.expires_at.type)
_LONG_ENDED = select(mandate.c.council, mandate.c.id).where(
    or_(
        mandate.c.ended_at < _BEFORE,
        mandate.c.expires_at < _BEFORE,
        (mandate.c.status == "offered") & (mandate.c.offer_ends_at < _BEFORE),
    )
)
_PURGE = delete_batch(
    mandate_offer, tuple_(mandate_offer.c.council, mandate_offer.c.mandate).in_(_LONG_ENDED)
)


async def insert_offer(session: Session, council: str, mandate_id: UUID, values: Mapping[str, Any]) -> None:
    """Add the names of a mandate, and how its offer is accepted."""
    await session.execute(_ADD_OFFER, {**values, "council": council, "mandate": mandate_id})


async def get_by_code(session: Session, code_hash: bytes) -> Row[Any] | None:
    """Get council and id of the mandate whose code this is, unless it was spent, where the session sees."""
    return await session.first(_BY_CODE, {"hash": code_hash})


async def spend_code(session: Session, council: str, mandate_id: UUID) -> None:
    """Delete an offer's code: it works once."""
    await session.execute(_SPEND_CODE, {"council_": council, "id_": mandate_id})


async def erase_offers(session: Session, account_id: UUID, email: str | None) -> None:
    """Delete the names, address and code of all mandates and offers of a person.

    The record of who acted for whom stays. The session sees every council.
    """
    await session.execute(_ERASE, {"account_": account_id, "email_": email})


async def purge_offers(session: Session, before: datetime, most: int) -> int:
    """Delete names and addresses of a batch of mandates that ended before then, where the session sees."""
    return await session.execute(_PURGE, {"before": before, "most": most})
