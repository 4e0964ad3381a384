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
_OFFER = (mandate_offer.c.council == mandate.c.council) & (mandate_offer.c.mandate == mandate.c.id)
_WITH_OFFER = select(
    mandate,
    mandate_offer.c.email,
    mandate_offer.c.principal_name,
    mandate_offer.c.delegate_name,
).join(mandate_offer, _OFFER, isouter=True)
_ADD = insert(mandate)
_ADD_OFFER = insert(mandate_offer)
_LOCKED = _WITH_OFFER.where(_OF_COUNCIL, mandate.c.id == bindparam("id_")).with_for_update(of=mandate)
_BY_CODE = select(mandate_offer.c.mandate).where(
    mandate_offer.c.council == bindparam("council_"), mandate_offer.c.code_hash == bindparam("hash")
)
_EMAIL_OF = select(account_email.c.canonical).where(account_email.c.account == bindparam("account_"))
_MINE = or_(
    mandate.c.principal == bindparam("account_", type_=mandate.c.principal.type),
    mandate.c.delegate == bindparam("account_", type_=mandate.c.delegate.type),
    (mandate.c.status == "offered")
    & (mandate.c.offer_ends_at > _NOW)
    & mandate_offer.c.email.in_(_EMAIL_OF.scalar_subquery()),
)
_PAGE = (
    _WITH_OFFER.where(_OF_COUNCIL, mandate.c.id > bindparam("after", type_=mandate.c.id.type), _MINE)
    .order_by(mandate.c.id)
    .limit(bindparam("most"))
)
_HELD = or_(
    (mandate.c.status == "offered") & (mandate.c.offer_ends_at > _NOW),
    (mandate.c.status == "accepted") & (mandate.c.expires_at > _NOW),
)
_COUNT_GIVEN = (
    select(func.count())
    .select_from(mandate)
    .where(_OF_COUNCIL, mandate.c.principal == bindparam("account_"), _HELD)
)
_COUNT_HELD = (
    select(func.count())
    .select_from(mandate)
    .where(_OF_COUNCIL, mandate.c.delegate == bindparam("account_"), _HELD)
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
# Both accounts are in use, and nobody stands between them: a mandate is read straight or not at all.
_PRINCIPAL = account.alias("principal_account")
_DELEGATE = account.alias("delegate_account")
_HOLDING = (
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
_OF_ACCOUNT = (
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
_SWEEP = delete(mandate_offer).where(
    mandate.c.council == mandate_offer.c.council,
    mandate.c.id == mandate_offer.c.mandate,
    or_(
        mandate.c.ended_at < _BEFORE,
        mandate.c.expires_at < _BEFORE,
        (mandate.c.status == "offered") & (mandate.c.offer_ends_at < _BEFORE),
    ),
)


async def add(session: Session, council: str, values: Mapping[str, Any], offer: Mapping[str, Any]) -> None:
    await session.execute(_ADD, {**values, "council": council})
    await session.execute(_ADD_OFFER, {**offer, "council": council, "mandate": values["id"]})


async def lock_account(session: Session, account_id: UUID) -> bool:
    """Let one change of a person's mandates come after the other; whether the account is in use."""
    return await session.first(_LOCK_ACCOUNT, {"account_": account_id}) is not None


async def locked(session: Session, council: str, mandate_id: UUID) -> Row[Any] | None:
    """A mandate with its offer, for a change."""
    return await session.first(_LOCKED, {"council_": council, "id_": mandate_id})


async def by_code(session: Session, council: str, code_hash: bytes) -> UUID | None:
    """The mandate a code was given for and has not been spent."""
    found: UUID | None = await session.scalar(_BY_CODE, {"council_": council, "hash": code_hash})
    return found


async def email_of(session: ReadSession, account_id: UUID) -> str | None:
    """The canonical address an account has proven."""
    found: str | None = await session.scalar(_EMAIL_OF, {"account_": account_id})
    return found


async def page(
    session: ReadSession, council: str, account_id: UUID, now: datetime, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """Mandates a person gave, holds or is offered, in order of creation; at most ``fetch``."""
    values = {"council_": council, "account_": account_id, "now": now, "after": after, "most": fetch}
    return await session.all(_PAGE, values)


async def given(session: ReadSession, council: str, account_id: UUID, now: datetime) -> int:
    """How many offers and mandates of a person's are open."""
    return int(await session.scalar(_COUNT_GIVEN, {"council_": council, "account_": account_id, "now": now}))


async def held(session: ReadSession, council: str, account_id: UUID, now: datetime) -> int:
    """By how many mandates a person may act."""
    return int(await session.scalar(_COUNT_HELD, {"council_": council, "account_": account_id, "now": now}))


async def change(session: Session, council: str, mandate_id: UUID, values: Mapping[str, Any]) -> int:
    """Write the next state; its version. The row must be locked."""
    bound = {f"p_{name}": value for name, value in values.items()}
    return int(await session.scalar(_CHANGE, {**bound, "council_": council, "id_": mandate_id}))


async def spend_code(session: Session, council: str, mandate_id: UUID) -> None:
    """A code works once."""
    await session.execute(_SPEND_CODE, {"council_": council, "id_": mandate_id})


async def holding(
    session: ReadSession, council: str, delegate: UUID, theme: str, now: datetime
) -> Sequence[Row[Any]]:
    """The mandates by which ``delegate`` may act in ``theme`` now; both accounts are in use."""
    values = {"council_": council, "account_": delegate, "theme_": theme, "now": now}
    return await session.all(_HOLDING, values)


async def between(session: ReadSession, one: UUID, other: UUID, now: datetime) -> bool:
    """Whether one of two may act for the other, as far as the session sees councils."""
    return await session.first(_BETWEEN, {"two": [one, other], "now": now}) is not None


async def of_account(session: ReadSession, account_id: UUID) -> Sequence[Row[Any]]:
    """Council and id of what a person gave or holds that has not ended. The session sees every council."""
    return await session.all(_OF_ACCOUNT, {"account_": account_id})


async def erase(session: Session, account_id: UUID, email: str | None) -> None:
    """Take away the names, address and code of all mandates and offers of a person.

    The record of who acted for whom stays. The session sees every council.
    """
    await session.execute(_ERASE, {"account_": account_id, "email_": email})


async def sweep(session: Session, before: datetime) -> None:
    """Take away the names and addresses of what was over before then. The session sees every council."""
    await session.execute(_SWEEP, {"before": before})
