"""Offers of mandates, as services make and answer them in a person's name.

Nothing here lets anybody act: the people themselves do, in ``confirmations``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from chassis.problems import Problem, conflict, invalid, not_found
from identity.mandates.actions import mandates, themes
from identity.mandates.rules import codes
from identity.mandates.rules import mandates as rules
from identity.mandates.store import mandates as store
from identity.mandates.store import offers as offer_store
from identity.shared.rules import email_addresses


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """What a service offers in a person's name. Without the delegate's ``email`` a code is made.

    ``mode``: of the service, sandbox or live.
    """

    theme: str
    expires_at: datetime
    principal_name: str
    delegate_name: str
    email: str | None = None
    mode: str = "live"


async def offer_mandate(
    session: Session,
    council: str,
    principal: UUID,
    offer: OfferRequest,
    derive_code: Callable[[UUID], str] | None = None,
) -> tuple[Row[Any], str | None]:
    """Offer a mandate: its row, and the code where there is no e-mail address. Raises Problem 400, 409.

    Nobody else hears of it, and the code does not work, until the principal has confirmed it.
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
    code = None if email else derive_code(mandate_id) if derive_code else codes.create_code()
    values = {"id": mandate_id, "version": 1, "offered_at": now, "mode": offer.mode}
    row = await _insert(session, council, {**values, **mandates.to_values(mandate)}, offer, email, code)
    await mandates.record_history(session, council, principal, "mandate asked", row)
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
    await store.insert_mandate(session, council, values)
    await offer_store.insert_offer(session, council, values["id"], {
        "email": email,
        "code_hash": codes.hash_code(code) if code else None,
        "principal_name": offer.principal_name,
        "delegate_name": offer.delegate_name,
    })  # fmt: skip
    row = await store.get_locked(session, council, values["id"])
    if row is None:  # pragma: no cover - it was added in this transaction
        raise not_found("mandate with this id")
    return row


async def get_offer(session: Session, council: str, mode: str, delegate: UUID, mandate_id: UUID) -> Row[Any]:
    """Get a confirmed offer to the delegate: to an address they verified, or by a code they entered.

    Raises Problem 404 for any other, 409 for one that is over.
    """
    row = await store.get_locked(session, council, mandate_id)
    if row is None or row.mode != mode or not await is_offered_to(session, row, delegate):
        raise not_found("mandate with this id")
    if not rules.is_open(mandates.from_row(row), _now()):
        raise conflict("offer-over", "The offer has ended. Ask for a new one.")
    return row


async def is_offered_to(session: Session, row: Row[Any], account: UUID) -> bool:
    """Tell whether an offer is, or was, for this account to accept; false before it is confirmed."""
    if row.confirmed_at is None:
        return False
    email = await store.get_email(session, account)
    return bool(row.delegate == account or (email is not None and row.email == email))


async def claim_by_code(
    session: Session, delegate: UUID, code: str, council: str | None = None, mode: str | None = None
) -> Row[Any]:
    """Enter an offer's code, which works once: only this account can accept it then. Raises Problem 404, 409.

    Without ``council`` and ``mode`` it is looked for everywhere, and the session is at the offer's council
    afterwards.
    """
    await mandates.lock_account(session, delegate)
    if council is None:
        await session.set_all_councils()
    location = await offer_store.get_by_code(session, codes.hash_code(code))
    row = None
    if location is not None and council in (None, location.council):
        await session.set_council(location.council)
        row = await store.get_locked(session, location.council, location.mandate)
    now = _now()
    is_there = row is not None and mode in (None, row.mode)
    if row is None or not is_there or not rules.is_open(mandates.from_row(row), now):
        raise Problem(404, "no-such-offer", "No offer is open for this code. Ask for a new one.")
    try:
        claimed = rules.claim_offer(mandates.from_row(row), delegate, now)
    except rules.RefusedError as error:
        raise conflict(error.code, str(error)) from error
    if await store.count_held(session, row.council, delegate, now) >= rules.MAX_MANDATES:
        raise conflict("too-many-mandates", f"You hold {rules.MAX_MANDATES} mandates. End one first.")
    await offer_store.spend_code(session, row.council, row.id)
    return await mandates.update_mandate(session, row.council, row, claimed)


async def decline_mandate(session: Session, council: str, row: Row[Any]) -> Row[Any]:
    """Decline an offer. The row must be locked, and the offer be to who declines. Raises Problem 409."""
    try:
        declined = rules.decline_offer(mandates.from_row(row), _now())
    except rules.RefusedError as error:
        raise conflict(error.code, str(error)) from error
    updated = await mandates.update_mandate(session, council, row, declined)
    await mandates.record_history(session, council, row.principal, "mandate declined", row)
    return updated


async def end_own(session: Session, account: UUID, mandate_id: UUID) -> None:
    """End a person's own mandate or offer at once; an offer to them is declined. Raises Problem 404.

    Ending it again is no error.
    """
    row = await mandates.get_own(session, account, mandate_id)
    if row.principal != account and rules.is_open(mandates.from_row(row), _now()):
        await decline_mandate(session, row.council, row)
    elif account in (row.principal, row.delegate):
        await mandates.revoke_mandate(session, row.council, account, mandate_id)


def _now() -> datetime:
    return clock.now()
