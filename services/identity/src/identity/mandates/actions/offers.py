"""Offers of mandates: a resident offers one, another person accepts or declines it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis import ids
from chassis.database import Session
from chassis.problems import Problem, conflict, invalid, not_found
from identity.events import MandateAccepted
from identity.mandates import rules
from identity.mandates.actions import emails, mandates, themes
from identity.mandates.store import mandates as store
from identity.shared.rules import email_addresses


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """What a person offers. Without the delegate's ``email`` a code is made, to be handed over.

    Without ``send_email`` the delegate sees the offer only once they sign in.
    """

    theme: str
    expires_at: datetime
    principal_name: str
    delegate_name: str
    email: str | None = None
    send_email: bool = True


async def offer_mandate(
    session: Session,
    council: str,
    principal: UUID,
    offer: OfferRequest,
    derive_code: Callable[[UUID], str] | None = None,
) -> tuple[Row[Any], str | None]:
    """Offer a mandate: its row, and the code where there is no e-mail address. Raises Problem 400, 409.

    ``derive_code`` makes the code from the mandate's id, so that a repeated request gets the same answer.

    It does not look at whether the address belongs to an account, so nobody can learn that here: an account
    that has verified the address finds the offer.
    """
    now = _now()
    mandate = await _check_offer(session, council, principal, offer, now)
    email = email_addresses.normalise(offer.email) if offer.email else None
    await mandates.lock_account(session, principal)
    if email and email == await store.get_email(session, principal):
        raise invalid("body.email", "is your own; name somebody else", "own-mandate")
    if await store.count_given(session, council, principal, now) >= rules.MAX_MANDATES:
        raise conflict("too-many-mandates", f"You have given {rules.MAX_MANDATES}. Revoke one first.")
    mandate_id = ids.new()
    code = None if email else derive_code(mandate_id) if derive_code else rules.create_code()
    values = {"id": mandate_id, "version": 1, "offered_at": now, **mandates.to_values(mandate)}
    row = await _insert(session, council, values, offer, email, code)
    await mandates.record_history(session, council, principal, "mandate offered", row)
    if offer.email and offer.send_email:
        await emails.send_offered(session, council, row, offer.email)
    return row, code


async def _check_offer(
    session: Session, council: str, principal: UUID, offer: OfferRequest, now: datetime
) -> rules.Mandate:
    theme_exists = await themes.lock_theme(session, council, offer.theme)
    try:
        return rules.make_offer(principal, offer.theme, offer.expires_at, now, theme_exists=theme_exists)
    except rules.RefusedError as error:
        field = "theme" if error.code == "unknown-theme" else "expires_at"
        raise invalid(f"body.{field}", str(error), error.code) from error


async def _insert(
    session: Session,
    council: str,
    values: dict[str, Any],
    offer: OfferRequest,
    email: str | None,
    code: str | None,
) -> Row[Any]:
    offer_values = {
        "email": email,
        "code_hash": rules.hash_code(code) if code else None,
        "principal_name": offer.principal_name,
        "delegate_name": offer.delegate_name,
    }
    await store.insert_mandate(session, council, values, offer_values)
    row = await store.get_locked(session, council, values["id"])
    if row is None:  # pragma: no cover - it was added in this transaction
        raise not_found("mandate with this id")
    return row


async def accept_mandate(session: Session, council: str, delegate: UUID, mandate_id: UUID) -> Row[Any]:
    """Accept an offer made to the delegate's own address. Raises Problem 404, 409."""
    await mandates.lock_account(session, delegate)
    row = await _get_offer(session, council, delegate, mandate_id)
    return await _accept(session, council, delegate, row)


async def accept_by_code(session: Session, council: str, delegate: UUID, code: str) -> Row[Any]:
    """Accept an offer by its code, which works once. Raises Problem 404, 409."""
    await mandates.lock_account(session, delegate)
    mandate_id = await store.get_by_code(session, council, rules.hash_code(code))
    row = await store.get_locked(session, council, mandate_id) if mandate_id else None
    if row is None or not rules.is_open(mandates.from_row(row), _now()):
        raise Problem(404, "no-such-offer", "No offer is open for this code. Ask for a new one.")
    return await _accept(session, council, delegate, row)


async def decline_mandate(session: Session, council: str, delegate: UUID, mandate_id: UUID) -> Row[Any]:
    """Decline an offer made to the delegate's own address. Raises Problem 404, 409."""
    row = await _get_offer(session, council, delegate, mandate_id)
    try:
        declined = rules.decline_offer(mandates.from_row(row), _now())
    except rules.RefusedError as error:
        raise conflict(error.code, str(error)) from error
    updated = await mandates.update_mandate(session, council, row, declined)
    await mandates.record_history(session, council, row.principal, "mandate declined", row)
    return updated


async def _get_offer(session: Session, council: str, delegate: UUID, mandate_id: UUID) -> Row[Any]:
    """Get an offer made to an address that the delegate has verified. Raises Problem 404 for any other."""
    row = await store.get_locked(session, council, mandate_id)
    delegate_email = await store.get_email(session, delegate)
    if row is None or delegate_email is None or row.email != delegate_email:
        raise not_found("mandate with this id")
    return row


async def _accept(session: Session, council: str, delegate: UUID, row: Row[Any]) -> Row[Any]:
    now = _now()
    try:
        accepted = rules.accept_offer(mandates.from_row(row), delegate, now)
    except rules.RefusedError as error:
        raise conflict(error.code, str(error)) from error
    if await store.count_held(session, council, delegate, now) >= rules.MAX_MANDATES:
        raise conflict("too-many-mandates", f"You hold {rules.MAX_MANDATES} mandates. End one first.")
    try:
        updated = await mandates.update_mandate(session, council, row, accepted)
    except IntegrityError as error:
        raise conflict("already-holds", "You may act for this person in this already.") from error
    await store.spend_code(session, council, row.id)
    await mandates.publish_mandate(session, council, updated, MandateAccepted)
    await mandates.record_history(session, council, updated.principal, "mandate accepted", updated)
    await mandates.record_history(session, council, delegate, "acting accepted", updated)
    await emails.send_accepted(session, council, updated)
    return updated


def _now() -> datetime:
    return datetime.now(UTC)
