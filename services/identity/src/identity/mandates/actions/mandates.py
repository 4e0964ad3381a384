"""Mandates that hold: find, list and end them, and erase what is personal in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import ReadSession, Session
from chassis.problems import Problem, not_found
from identity.events import MandateAccepted, MandateRevoked
from identity.grants.actions import history
from identity.issuer.actions import revocations
from identity.mandates.actions import emails
from identity.mandates.rules import mandates as rules
from identity.mandates.rules import themes as theme_rules
from identity.mandates.store import mandates as store
from identity.mandates.store import offers as offer_store
from identity.shared.rules import crypto, tokens

_NIL = UUID(int=0)
_NEWEST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class ActiveMandate:
    """A mandate that holds now: by it ``delegate`` may act for ``principal`` in ``theme``."""

    council: str
    id: UUID
    principal: UUID
    delegate: UUID
    theme: str
    minimum_level: str
    expires_at: datetime

    @property
    def claim(self) -> str:
        """What a token issued by it carries as ``mandate``: revoking refuses every such token."""
        return ids.show(self.id)


async def find_mandate(
    session: ReadSession,
    council: str,
    mode: str,
    delegate: UUID,
    principal: UUID | str,
    theme: str,
    subject_of: Callable[[UUID], str] | None = None,
) -> ActiveMandate | None:
    """Find the mandate by which ``delegate`` may act for ``principal`` in ``theme`` now.

    ``mode``: of the service; a mandate offered at one of the sandbox counts there only.
    ``principal`` is an account or, with ``subject_of`` (account to pairwise subject of the sector), a
    subject. None whatever the reason is, so that nobody learns who has an account. Mandates do not chain:
    a delegate cannot pass one on.
    """
    for row in await store.list_active(session, council, mode, delegate, theme, _now()):
        candidate: UUID | str = row.principal
        if isinstance(principal, str):
            candidate = subject_of(row.principal) if subject_of else ids.show(row.principal)
        if candidate == principal:
            return ActiveMandate(
                council, row.id, row.principal, row.delegate, row.theme, row.minimum_level, row.expires_at
            )
    return None


async def exist_between(session: ReadSession, account: UUID, other_account: UUID, now: datetime) -> bool:
    """Tell whether one of two accounts may act for the other, at the councils the session sees."""
    return await store.exist_between(session, account, other_account, now)


async def list_mandates(
    session: ReadSession, council: str, mode: str, account: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List what a person gave, holds or is offered at services of a mode, the oldest first."""
    return await store.list_page(session, council, mode, account, _now(), after or _NIL, fetch)


async def list_own(
    session: ReadSession, account: UUID, before: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the same at every council, the newest first. The session sees every council afterwards."""
    await session.set_all_councils()
    return await store.list_own(session, account, _now(), before or _NEWEST, fetch)


async def get_own(session: Session, account: UUID, mandate_id: UUID) -> Row[Any]:
    """Get a mandate that a person gave, holds or is offered, locked. Raises Problem 404 for anybody else's.

    The session is at its council afterwards.
    """
    await session.set_all_councils()
    council = await store.get_council(session, account, mandate_id, _now())
    if council is not None:
        await session.set_council(council)
        row = await store.get_locked(session, council, mandate_id)
        if row is not None:
            return row
    raise not_found("mandate with this id")


async def revoke_mandate(
    session: Session, council: str, account: UUID, mandate_id: UUID, mode: str | None = None
) -> None:
    """End a mandate or take back an offer at once, from either side.

    Revoking it again is no error. Raises Problem 404, also for one of another ``mode`` than this.
    """
    row = await store.get_locked(session, council, mandate_id)
    if row is None or account not in (row.principal, row.delegate) or mode not in (None, row.mode):
        raise not_found("mandate with this id")
    await _revoke(session, council, row, "principal" if account == row.principal else "delegate")


async def close_account(session: Session, account: UUID) -> None:
    """End every mandate that a closed account gave or holds, and erase what is personal in them.

    The session sees every council afterwards.
    """
    await session.set_all_councils()
    email = await store.get_email(session, account)
    for mandate in await store.list_by_account(session, account):
        row = await store.get_locked(session, mandate.council, mandate.id)
        if row is not None:
            side: rules.Side = "principal" if row.principal == account else "delegate"
            await _revoke(session, mandate.council, row, side)
    await offer_store.erase_offers(session, account, email)


async def suspend_by_identity(session: Session, account: UUID, level: str) -> None:
    """Refuse the tokens of mandates for which a person's identity, proven to ``level`` now, is not enough.

    There are no new ones until it is proven again: the exchange looks. The session sees every council
    afterwards.
    """
    await session.set_all_councils()
    levels = [each for each in theme_rules.LEVELS if theme_rules.identity_of(each) > level]
    for row in await store.list_by_level(session, account, levels, _now()) if levels else ():
        await _refuse_tokens(session, row.council, row.id)


async def purge_offers(session: Session, most: int) -> int:
    """Delete names and addresses of a batch of mandates long ended. The session sees every council."""
    return await offer_store.purge_offers(session, _now() - rules.NAME_RETENTION, most)


async def lock_account(session: Session, account: UUID) -> None:
    """Let one change of a person's mandates wait for the other. Raises Problem 403 for a closed account."""
    if not await store.lock_account(session, account):
        raise Problem(403, "account-closed", "The account is closed.")


async def update_mandate(session: Session, council: str, row: Row[Any], state: rules.Mandate) -> Row[Any]:
    """Write the next state of a mandate. The row must be locked."""
    values = to_values(state)
    await store.update_mandate(session, council, row.id, {name: values[name] for name in store.STATE})
    updated = await store.get_locked(session, council, row.id)
    if updated is None:  # pragma: no cover - the row is locked
        raise not_found("mandate with this id")
    return updated


async def publish_mandate(
    session: Session, council: str, row: Row[Any], event_type: type[MandateAccepted] | type[MandateRevoked]
) -> None:
    """Publish an event about a mandate."""
    mandate_id = ids.show(row.id)
    event = event_type(
        mandate=mandate_id,
        principal=ids.show(row.principal),
        delegate=ids.show(row.delegate),
        theme=row.theme,
        expires_at=row.expires_at,
    )
    await outbox.add(session, event, council=council, subject=mandate_id, sequence=row.version)


async def record_history(session: Session, council: str, account: UUID, what: str, row: Row[Any]) -> None:
    """Write what became of a mandate into an account's history. ``what`` is a key of the history's texts."""
    await history.record_event(session, account, what, _now(), council=council, about=row.theme)


def from_row(row: Row[Any]) -> rules.Mandate:
    """Read the state of a mandate from its row."""
    return rules.Mandate(**{name: getattr(row, name) for name in rules.Mandate.__slots__})


def to_values(state: rules.Mandate) -> dict[str, Any]:
    """Give the columns of a mandate's state."""
    return {name: getattr(state, name) for name in rules.Mandate.__slots__}


async def _revoke(session: Session, council: str, row: Row[Any], side: rules.Side) -> None:
    before = from_row(row)
    after = rules.revoke_mandate(before, side, _now())
    if after is before:
        return
    updated = await update_mandate(session, council, row, after)
    refused = rules.is_unconfirmed(before, _now()) and side == "principal"
    event = "mandate refused" if refused else "mandate ended"
    await record_history(session, council, updated.principal, event, updated)
    if before.status == "accepted":
        await record_history(session, council, updated.delegate, "acting ended", updated)
        await _refuse_tokens(session, council, row.id)
        await publish_mandate(session, council, updated, MandateRevoked)
        await emails.send_ended(session, updated)


async def _refuse_tokens(session: Session, council: str, mandate_id: UUID) -> None:
    """Refuse the tokens that were issued by a mandate, everywhere and within a second."""
    until = _now() + timedelta(seconds=tokens.ACCESS_SECONDS + crypto.GRACE_SECONDS)
    await revocations.revoke_credential(session, council, ids.show(mandate_id), until, claim="mandate")


def _now() -> datetime:
    return clock.now()
