"""Mandates, and the offers they began as."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, or_, select, union, update

from chassis.database import ReadSession, Session
from identity.accounts.tables import account, account_email
from identity.mandates.tables import mandate, mandate_offer

STATE = (
    "delegate", "status", "offer_ends_at", "minimum_level", "confirmed_at", "accepted_at", "ended_at",
    "ended_by",
)  # fmt: skip
"""The columns of a mandate that change in its life."""

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
_LOCKED = _WITH_OFFER.where(_OF_COUNCIL, mandate.c.id == bindparam("id_")).with_for_update(of=mandate)
_EMAIL_OF = select(account_email.c.canonical).where(account_email.c.account == bindparam("account_"))
_OF_ACCOUNT_OR_OFFERED = or_(
    mandate.c.principal == bindparam("account_", type_=mandate.c.principal.type),
    mandate.c.delegate == bindparam("account_", type_=mandate.c.delegate.type),
    (mandate.c.status == "offered")
    & mandate.c.confirmed_at.is_not(None)
    & (mandate.c.offer_ends_at > _NOW)
    & mandate_offer.c.email.in_(_EMAIL_OF.scalar_subquery()),
)
# Three look-ups by index: one condition over them all would read every mandate.
_OWN = union(
    select(mandate.c.council, mandate.c.id).where(mandate.c.principal == bindparam("account_")),
    select(mandate.c.council, mandate.c.id).where(mandate.c.delegate == bindparam("account_")),
    select(mandate_offer.c.council, mandate_offer.c.mandate).where(
        mandate_offer.c.email.in_(_EMAIL_OF.scalar_subquery())
    ),
).subquery("own")
_OWN_WITH_OFFER = _WITH_OFFER.join(
    _OWN, (_OWN.c.council == mandate.c.council) & (_OWN.c.id == mandate.c.id)
).where(_OF_ACCOUNT_OR_OFFERED)
_PAGE = (
    _OWN_WITH_OFFER.where(
        _OF_COUNCIL,
        mandate.c.mode == bindparam("mode_"),
        mandate.c.id > bindparam("after", type_=mandate.c.id.type),
    )
    .order_by(mandate.c.id)
    .limit(bindparam("most"))
)
_OWN_PAGE = (
    _OWN_WITH_OFFER.where(mandate.c.id < bindparam("before", type_=mandate.c.id.type))
    .order_by(mandate.c.id.desc())
    .limit(bindparam("most"))
)
_OWN_COUNCIL = (
    select(mandate.c.council)
    .join(mandate_offer, _HAS_OFFER, isouter=True)
    .where(mandate.c.id == bindparam("id_"), _OF_ACCOUNT_OR_OFFERED)
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
    .values({name: bindparam(f"p_{name}", type_=mandate.c[name].type) for name in STATE})
    .values(version=mandate.c.version + 1)
    .returning(mandate.c.version)
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
        mandate.c.mode == bindparam("mode_"),
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
_SAME = (
    select(mandate.c.id, mandate.c.expires_at)
    .where(
        _OF_COUNCIL,
        mandate.c.principal == bindparam("principal_"),
        mandate.c.delegate == bindparam("delegate_"),
        mandate.c.theme == bindparam("theme_"),
        mandate.c.mode == bindparam("mode_"),
        mandate.c.status == "accepted",
    )
    .with_for_update()
)
_PROVEN = (
    select(mandate.c.council, mandate.c.id)
    .where(
        or_(mandate.c.principal == bindparam("account_"), mandate.c.delegate == bindparam("account_")),
        mandate.c.status == "accepted",
        mandate.c.expires_at > _NOW,
        mandate.c.minimum_level.in_(bindparam("levels", expanding=True)),
    )
    .order_by(mandate.c.council, mandate.c.id)
)
_BY_ACCOUNT = (
    select(mandate.c.council, mandate.c.id)
    .where(
        or_(mandate.c.principal == bindparam("account_"), mandate.c.delegate == bindparam("account_")),
        mandate.c.status.in_(("offered", "accepted")),
    )
    .order_by(mandate.c.council, mandate.c.id)
)


async def insert_mandate(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Add a mandate."""
    await session.execute(_ADD, {**values, "council": council})


async def lock_account(session: Session, account_id: UUID) -> bool:
    """Lock an account, so that changes of its mandates wait for each other; false unless it is active."""
    return await session.first(_LOCK_ACCOUNT, {"account_": account_id}) is not None


async def get_locked(session: Session, council: str, mandate_id: UUID) -> Row[Any] | None:
    """Get a mandate with its offer, locked."""
    return await session.first(_LOCKED, {"council_": council, "id_": mandate_id})


async def get_email(session: ReadSession, account_id: UUID) -> str | None:
    """Get the canonical address that an account has verified."""
    email: str | None = await session.scalar(_EMAIL_OF, {"account_": account_id})
    return email


async def list_page(
    session: ReadSession, council: str, mode: str, account_id: UUID, now: datetime, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List the mandates a person gave, holds or is offered, in order of creation; at most ``fetch``."""
    values = {"council_": council, "mode_": mode, "account_": account_id, "now": now, "after": after}
    return await session.all(_PAGE, {**values, "most": fetch})


async def list_own(
    session: ReadSession, account_id: UUID, now: datetime, before: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List the same at all councils, the newest first. The session sees every council."""
    values = {"account_": account_id, "now": now, "before": before, "most": fetch}
    return await session.all(_OWN_PAGE, values)


async def get_council(session: ReadSession, account_id: UUID, mandate_id: UUID, now: datetime) -> str | None:
    """Get the council of a mandate a person gave, holds or is offered. The session sees every council."""
    values = {"account_": account_id, "id_": mandate_id, "now": now}
    council: str | None = await session.scalar(_OWN_COUNCIL, values)
    return council


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


async def list_active(
    session: ReadSession, council: str, mode: str, delegate: UUID, theme: str, now: datetime
) -> Sequence[Row[Any]]:
    """List the mandates by which ``delegate`` may act in ``theme`` now; both accounts are active."""
    values = {"council_": council, "mode_": mode, "account_": delegate, "theme_": theme, "now": now}
    return await session.all(_ACTIVE, values)


async def exist_between(
    session: ReadSession, account_id: UUID, other_account_id: UUID, now: datetime
) -> bool:
    """Tell whether one of two accounts may act for the other, at the councils the session sees."""
    return await session.first(_BETWEEN, {"two": [account_id, other_account_id], "now": now}) is not None


async def lock_same(session: Session, row: Row[Any], delegate: UUID) -> Row[Any] | None:
    """Lock the accepted mandate of the same sides, theme and mode: its id and end."""
    values = {"council_": row.council, "principal_": row.principal, "delegate_": delegate}
    return await session.first(_SAME, {**values, "theme_": row.theme, "mode_": row.mode})


async def list_by_level(
    session: ReadSession, account_id: UUID, levels: Collection[str], now: datetime
) -> Sequence[Row[Any]]:
    """List council and id of a person's mandates that need one of these levels.

    The session sees every council.
    """
    return await session.all(_PROVEN, {"account_": account_id, "levels": list(levels), "now": now})


async def list_by_account(session: ReadSession, account_id: UUID) -> Sequence[Row[Any]]:
    """List council and id of open mandates a person gave or holds. The session sees every council."""
    return await session.all(_BY_ACCOUNT, {"account_": account_id})
