"""Mandates, and the offers they began as."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, or_, select, update

from chassis.database import ReadSession, Session
from identity.accounts.tables import account, account_email
from identity.mandates.tables import mandate, mandate_offer

_OF_COUNCIL = mandate.c.council == bindparam("council_")
_NOW = bindparam("now", type_=mandate.c.expires_at.type)
_HAS_OFFER = (mandate_offer.c.council == mandate.c.council) & (mandate_offer.c.mandate == mandate.c.id)
_WITH_OFFER = select(
    mandate,
    mandate_offer.c.email,
    mandate_offer.c.principal_name,
    mandate_offer.c.delegate_name,
).join(mandate_offer, _HAS_OFFER, isouter=True)
_ADD = insert(mandate)
_ADD_OFFER = insert(mandate_offer)
_LOCKED = _WITH_OFFER.where(_OF_COUNCIL, mandate.c.id == bindparam("id_")).with_for_update(of=mandate)
_BY_CODE = select(mandate_offer.c.mandate).where(
    mandate_offer.c.council == bindparam("council_"), mandate_offer.c.code_hash == bindparam("hash")
)
_EMAIL_OF = select(account_email.c.canonical).where(account_email.c.account == bindparam("account_"))
_OF_ACCOUNT_OR_OFFERED = or_(
    mandate.c.principal == bindparam("account_", type_=mandate.c.principal.type),
    mandate.c.delegate == bindparam("account_", type_=mandate.c.delegate.type),
    (mandate.c.status == "offered")
    & (mandate.c.offer_ends_at > _NOW)
    & mandate_offer.c.email.in_(_EMAIL_OF.scalar_subquery()),
)
_PAGE = (
    _WITH_OFFER.where(
        _OF_COUNCIL, mandate.c.id > bindparam("after", type_=mandate.c.id.type), _OF_ACCOUNT_OR_OFFERED
    )
    .order_by(mandate.c.id)
    .limit(bindparam("most"))
)
_OPEN = or_(
    (mandate.c.status == "offered") & (mandate.c.offer_ends_at > _NOW),
    (mandate.c.status == "accepted") & (mandate.c.expires_at > _NOW),
)
_COUNT_GIVEN = (
    select(func.count())
    .select_from(mandate)
    .where(_OF_COUNCIL, mandate.c.principal == bindparam("account_"), _OPEN)
)
_COUNT_HELD = (
    select(func.count())
    .select_from(mandate)
    .where(_OF_COUNCIL, mandate.c.delegate == bindparam("account_"), _OPEN)
)
_CHANGE = (
    update(mandate)
    .where(_OF_COUNCIL, mandate.c.id == bindparam("id_"))
    .values(
        {
            name: bindparam(f"p_{name}", type_=mandate.c[name].type)
            for name in ("delegate", "status", "accepted_at", "ended_at", "ended_by")
        }
    )
    .values(version=mandate.c.version + 1)
    .returning(mandate.c.version)
)
_SPEND_CODE = (
    update(mandate_offer)
    .where(mandate_offer.c.council == bindparam("council_"), mandate_offer.c.mandate == bindparam("id_"))
    .values(code_hash=None)
)
# Both accounts must be active. Mandates do not chain: only the delegate named in it may act by one.
_PRINCIPAL = account.alias("principal_account")
_DELEGATE = account.alias("delegate_account")
_ACTIVE = (
    select(mandate)
    .join(_PRINCIPAL, (_PRINCIPAL.c.id == mandate.c.principal) & (_PRINCIPAL.c.status == "active"))
    .join(_DELEGATE, (_DELEGATE.c.id == mandate.c.delegate) & (_DELEGATE.c.status == "active"))
    .where(
        _OF_COUNCIL,
        mandate.c.delegate == bindparam("account_"),
        mandate.c.theme == bindparam("theme_"),
        mandate.c.status == "accepted",
        mandate.c.expires_at > _NOW,
    )
    .order_by(mandate.c.id)
)
_LOCK_ACCOUNT = (
    select(account.c.id)
    .where(account.c.id == bindparam("account_"), account.c.status == "active")
    .with_for_update()
)
_BETWEEN = (
    select(mandate.c.id)
    .where(
        mandate.c.principal.in_(bindparam("two", expanding=True)),
        mandate.c.delegate.in_(bindparam("two", expanding=True)),
        mandate.c.status == "accepted",
        mandate.c.expires_at > _NOW,
    )
    .limit(1)
)
_BY_ACCOUNT = (
    select(mandate.c.council, mandate.c.id)
    .where(
        or_(mandate.c.principal == bindparam("account_"), mandate.c.delegate == bindparam("account_")),
        mandate.c.status.in_(("offered", "accepted")),
    )
    .order_by(mandate.c.council, mandate.c.id)
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
_PURGE = delete(mandate_offer).where(
    mandate.c.council == mandate_offer.c.council,
    mandate.c.id == mandate_offer.c.mandate,
    or_(
        mandate.c.ended_at < _BEFORE,
        mandate.c.expires_at < _BEFORE,
        (mandate.c.status == "offered") & (mandate.c.offer_ends_at < _BEFORE),
    ),
)


async def insert_mandate(
    session: Session, council: str, values: Mapping[str, Any], offer: Mapping[str, Any]
) -> None:
    """Add a mandate with its offer."""
    await session.execute(_ADD, {**values, "council": council})
    await session.execute(_ADD_OFFER, {**offer, "council": council, "mandate": values["id"]})


async def lock_account(session: Session, account_id: UUID) -> bool:
    """Lock an account, so that changes of its mandates wait for each other; false unless it is active."""
    return await session.first(_LOCK_ACCOUNT, {"account_": account_id}) is not None


async def get_locked(session: Session, council: str, mandate_id: UUID) -> Row[Any] | None:
    """Get a mandate with its offer, locked."""
    return await session.first(_LOCKED, {"council_": council, "id_": mandate_id})


async def get_by_code(session: Session, council: str, code_hash: bytes) -> UUID | None:
    """Get the mandate whose code this is, unless the code was spent."""
    mandate_id: UUID | None = await session.scalar(_BY_CODE, {"council_": council, "hash": code_hash})
    return mandate_id


async def get_email(session: ReadSession, account_id: UUID) -> str | None:
    """Get the canonical address that an account has verified."""
    email: str | None = await session.scalar(_EMAIL_OF, {"account_": account_id})
    return email


async def list_page(
    session: ReadSession, council: str, account_id: UUID, now: datetime, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List the mandates a person gave, holds or is offered, in order of creation; at most ``fetch``."""
    values = {"council_": council, "account_": account_id, "now": now, "after": after, "most": fetch}
    return await session.all(_PAGE, values)


async def count_given(session: ReadSession, council: str, account_id: UUID, now: datetime) -> int:
    """Count the open offers and mandates that a person gave."""
    return int(await session.scalar(_COUNT_GIVEN, {"council_": council, "account_": account_id, "now": now}))


async def count_held(session: ReadSession, council: str, account_id: UUID, now: datetime) -> int:
    """Count the mandates by which a person may act."""
    return int(await session.scalar(_COUNT_HELD, {"council_": council, "account_": account_id, "now": now}))


async def update_mandate(session: Session, council: str, mandate_id: UUID, values: Mapping[str, Any]) -> int:
    """Write the next state of a mandate, and give its version. The row must be locked."""
    bound = {f"p_{name}": value for name, value in values.items()}
    return int(await session.scalar(_CHANGE, {**bound, "council_": council, "id_": mandate_id}))


async def spend_code(session: Session, council: str, mandate_id: UUID) -> None:
    """Delete an offer's code: it works once."""
    await session.execute(_SPEND_CODE, {"council_": council, "id_": mandate_id})


async def list_active(
    session: ReadSession, council: str, delegate: UUID, theme: str, now: datetime
) -> Sequence[Row[Any]]:
    """List the mandates by which ``delegate`` may act in ``theme`` now; both accounts are active."""
    values = {"council_": council, "account_": delegate, "theme_": theme, "now": now}
    return await session.all(_ACTIVE, values)


async def exist_between(
    session: ReadSession, account_id: UUID, other_account_id: UUID, now: datetime
) -> bool:
    """Tell whether one of two accounts may act for the other, at the councils the session sees."""
    return await session.first(_BETWEEN, {"two": [account_id, other_account_id], "now": now}) is not None


async def list_by_account(session: ReadSession, account_id: UUID) -> Sequence[Row[Any]]:
    """List council and id of open mandates a person gave or holds. The session sees every council."""
    return await session.all(_BY_ACCOUNT, {"account_": account_id})


async def erase_offers(session: Session, account_id: UUID, email: str | None) -> None:
    """Delete the names, address and code of all mandates and offers of a person.

    The record of who acted for whom stays. The session sees every council.
    """
    await session.execute(_ERASE, {"account_": account_id, "email_": email})


async def purge_offers(session: Session, before: datetime) -> None:
    """Delete names and addresses of mandates that ended before then. The session sees every council."""
    await session.execute(_PURGE, {"before": before})
