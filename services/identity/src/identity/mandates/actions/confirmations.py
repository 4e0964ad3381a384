"""What people themselves agree to, on our own pages: that somebody acts for them, and to act for somebody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.database import Session
from chassis.problems import conflict, not_found
from identity.events import MandateAccepted
from identity.mandates.actions import emails, mandates, offers, themes
from identity.mandates.rules import mandates as rules
from identity.mandates.store import mandates as store
from identity.mandates.store import offers as offer_store
from identity.verification.actions.context import AuthContext


async def confirm_offer(session: Session, auth: AuthContext, row: Row[Any], principal: UUID) -> Row[Any]:
    """Confirm an offer as its principal, and e-mail both sides. Confirming it again changes nothing.

    The row must be locked, and the principal be as sure themselves as its theme needs. Raises Problem 404 for
    an offer of somebody else, 409 for one that is over.
    """
    if row.principal != principal:
        raise not_found("mandate with this id")
    if row.confirmed_at is not None:
        return row
    level = await themes.get_minimum_level(session, row.council, row.theme)
    try:
        confirmed = rules.confirm_offer(mandates.from_row(row), level, _now())
    except rules.RefusedError as error:
        raise conflict(error.code, str(error)) from error
    updated = await mandates.update_mandate(session, row.council, row, confirmed)
    await mandates.record_history(session, row.council, principal, "mandate offered", updated)
    await emails.send_confirmed(session, auth, updated)
    return updated


async def accept_mandate(session: Session, auth: AuthContext, row: Row[Any], delegate: UUID) -> Row[Any]:
    """Accept an offer as the one it is for, and e-mail both sides. Accepting it again changes nothing.

    The account (``mandates.lock_account``), then the row must be locked, and the delegate be as sure
    themselves as ``get_level`` says. Raises Problem 404 for an offer to somebody else, 409.
    """
    if not await offers.is_offered_to(session, row, delegate):
        raise not_found("mandate with this id")
    if row.status == "accepted" and row.delegate == delegate:
        return row
    now, council = _now(), row.council
    level = await themes.get_minimum_level(session, council, row.theme)
    try:
        accepted = rules.accept_offer(mandates.from_row(row), delegate, level, now)
    except rules.RefusedError as error:
        raise conflict(error.code, str(error)) from error
    await _check_room(session, row, delegate, now)
    updated = await mandates.update_mandate(session, council, row, accepted)
    await offer_store.spend_code(session, council, row.id)
    await mandates.publish_mandate(session, council, updated, MandateAccepted)
    await mandates.record_history(session, council, updated.principal, "mandate accepted", updated)
    await mandates.record_history(session, council, delegate, "acting accepted", updated)
    await emails.send_accepted(session, auth, updated)
    return updated


async def get_level(session: Session, row: Row[Any]) -> str:
    """Get the level at which an offer is confirmed and accepted."""
    level = await themes.get_minimum_level(session, row.council, row.theme)
    return rules.highest_level(mandates.from_row(row), level)


async def _check_room(session: Session, row: Row[Any], delegate: UUID, now: datetime) -> None:
    same = await store.lock_same(session, row, delegate)
    if same is not None:
        if same.expires_at > now:
            raise conflict("already-holds", "You may act for this person in this already.")
        await _close_expired(session, row.council, same.id)
    claimed = int(row.delegate == delegate)
    if await store.count_held(session, row.council, delegate, now) - claimed >= rules.MAX_MANDATES:
        raise conflict("too-many-mandates", f"You hold {rules.MAX_MANDATES} mandates. End one first.")


async def _close_expired(session: Session, council: str, mandate_id: UUID) -> None:
    row = await store.get_locked(session, council, mandate_id)
    if row is not None:
        await mandates.update_mandate(session, council, row, rules.close_expired(mandates.from_row(row)))


def _now() -> datetime:
    return clock.now()
