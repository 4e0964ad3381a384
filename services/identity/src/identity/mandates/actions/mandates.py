"""Mandates: a resident lets another person act, for a theme and a time, at one council."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis import ids, outbox
from chassis.database import ReadSession, Session
from chassis.problems import Problem, conflict, invalid, not_found
from identity.events import MandateAccepted, MandateRevoked
from identity.grants.actions import history
from identity.issuer.actions import revocations
from identity.mandates import rules
from identity.mandates.actions import emails, themes
from identity.mandates.store import mandates as store
from identity.shared.rules import crypto, email_addresses, tokens

_NIL = UUID(int=0)
_CHANGING = ("delegate", "status", "accepted_at", "ended_at", "ended_by")


@dataclass(frozen=True, slots=True)
class MandateRow:
    """A mandate that holds now: by it ``delegate`` may act for ``principal`` in ``theme``."""

    council: str
    id: UUID
    principal: UUID
    delegate: UUID
    theme: str
    expires_at: datetime

    @property
    def claim(self) -> str:
        """What a token issued by it carries as ``mandate``: revoking refuses every such token."""
        return ids.show(self.id)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person offers. ``email`` of the delegate; without one a code is made to be handed over.

    Without ``letter`` the delegate hears of it only where he has signed in.
    """

    theme: str
    expires_at: datetime
    principal_name: str
    delegate_name: str
    email: str | None = None
    letter: bool = True


async def may_act(
    session: ReadSession,
    council: str,
    actor: UUID,
    principal: UUID | str,
    theme: str,
    subject_of: Callable[[UUID], str] | None = None,
) -> MandateRow | None:
    """The mandate by which the account ``actor`` may act for ``principal`` in ``theme`` now, or None.

    ``principal`` is an account or, with ``subject_of`` (account to pairwise subject of the sector), a
    subject. None whatever the reason is, so that nobody learns who has an account. Never through a third
    person: there are no chains.
    """
    for row in await store.holding(session, council, actor, theme, _now()):
        named: UUID | str = row.principal
        if isinstance(principal, str):
            named = subject_of(row.principal) if subject_of else ids.show(row.principal)
        if named == principal:
            return MandateRow(council, row.id, row.principal, row.delegate, row.theme, row.expires_at)
    return None


async def offer(
    session: Session,
    council: str,
    principal: UUID,
    body: Offer,
    code_of: Callable[[UUID], str] | None = None,
) -> tuple[Row[Any], str | None]:
    """Offer a mandate: its row, and the code where there is no e-mail address. Raises Problem 400, 409.

    ``code_of`` makes the code out of the mandate's id, so that a repeated request can be answered alike.

    Whether the address is anybody's is not looked at, so nobody can learn it here: who has proven the
    address finds the offer.
    """
    now = _now()
    known = await themes.offered(session, council, body.theme)
    try:
        made = rules.offer(principal, body.theme, body.expires_at, now, known=known)
    except rules.RefusedError as error:
        where = "theme" if error.code == "unknown-theme" else "expires_at"
        raise invalid(f"body.{where}", str(error), error.code) from error
    email = email_addresses.normalise(body.email) if body.email else None
    await _one_at_a_time(session, principal)
    if email and email == await store.email_of(session, principal):
        raise invalid("body.email", "is your own; name somebody else", "own-mandate")
    if await store.given(session, council, principal, now) >= rules.MOST:
        raise conflict("too-many-mandates", f"You have given {rules.MOST}. Revoke one first.")
    mandate_id = ids.new()
    code = None if email else code_of(mandate_id) if code_of else rules.new_code()
    values = {"id": mandate_id, "version": 1, "offered_at": now, **_fields(made)}
    shown = {
        "email": email,
        "code_hash": rules.code_hash(code) if code else None,
        "principal_name": body.principal_name,
        "delegate_name": body.delegate_name,
    }
    await store.add(session, council, values, shown)
    row = await store.locked(session, council, mandate_id)
    if row is None:  # pragma: no cover - it was added in this transaction
        raise not_found("mandate with this id")
    await _note(session, council, principal, "mandate offered", row)
    if body.email and body.letter:
        await emails.offered(session, council, row, body.email)
    return row, code


async def page(
    session: ReadSession, council: str, account: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """What a person gave, holds or is offered, the oldest first."""
    return await store.page(session, council, account, _now(), after or _NIL, fetch)


async def accept(session: Session, council: str, delegate: UUID, mandate_id: UUID) -> Row[Any]:
    """Take up an offer to an address of one's own. Raises Problem 404, 409."""
    await _one_at_a_time(session, delegate)
    row = await _offered_to(session, council, delegate, mandate_id)
    return await _accept(session, council, delegate, row)


async def accept_by_code(session: Session, council: str, delegate: UUID, code: str) -> Row[Any]:
    """Take up an offer by its code, which works once. Raises Problem 404, 409."""
    await _one_at_a_time(session, delegate)
    mandate_id = await store.by_code(session, council, rules.code_hash(code))
    row = await store.locked(session, council, mandate_id) if mandate_id else None
    if row is None or not rules.open_offer(_mandate(row), _now()):
        raise Problem(404, "no-such-offer", "No offer is open for this code. Ask for a new one.")
    return await _accept(session, council, delegate, row)


async def decline(session: Session, council: str, delegate: UUID, mandate_id: UUID) -> Row[Any]:
    """Refuse an offer to an address of one's own. Raises Problem 404, 409."""
    row = await _offered_to(session, council, delegate, mandate_id)
    try:
        declined = rules.decline(_mandate(row), _now())
    except rules.RefusedError as error:
        raise conflict(error.code, str(error)) from error
    changed = await _change(session, council, row, declined)
    await _note(session, council, row.principal, "mandate declined", row)
    return changed


async def revoke(session: Session, council: str, account: UUID, mandate_id: UUID) -> None:
    """End a mandate or take back an offer, from either side, at once.

    Again is no error. Raises Problem 404.
    """
    row = await store.locked(session, council, mandate_id)
    if row is None or account not in (row.principal, row.delegate):
        raise not_found("mandate with this id")
    await _revoke(session, council, row, "principal" if account == row.principal else "delegate")


async def close(session: Session, account: UUID) -> None:
    """An account is closed: end every mandate it gave or holds, and forget what is personal in them.

    The session sees every council afterwards.
    """
    await session.across_councils()
    email = await store.email_of(session, account)
    for found in await store.of_account(session, account):
        row = await store.locked(session, found.council, found.id)
        if row is not None:
            side: rules.Side = "principal" if row.principal == account else "delegate"
            await _revoke(session, found.council, row, side)
    await store.erase(session, account, email)


async def sweep(session: Session) -> None:
    """Forget names and addresses of what has long been over. The session sees every council afterwards."""
    await session.across_councils()
    await store.sweep(session, _now() - rules.KEPT)


async def _one_at_a_time(session: Session, account: UUID) -> None:
    if not await store.lock_account(session, account):
        raise Problem(403, "account-closed", "The account is closed.")


async def _offered_to(session: Session, council: str, delegate: UUID, mandate_id: UUID) -> Row[Any]:
    """An offer to an address the person has proven; whatever else it is, it is not there for him."""
    row = await store.locked(session, council, mandate_id)
    own = await store.email_of(session, delegate)
    if row is None or own is None or row.email != own:
        raise not_found("mandate with this id")
    return row


async def _accept(session: Session, council: str, delegate: UUID, row: Row[Any]) -> Row[Any]:
    now = _now()
    try:
        accepted = rules.accept(_mandate(row), delegate, now)
    except rules.RefusedError as error:
        raise conflict(error.code, str(error)) from error
    if await store.held(session, council, delegate, now) >= rules.MOST:
        raise conflict("too-many-mandates", f"You hold {rules.MOST} mandates. End one first.")
    try:
        changed = await _change(session, council, row, accepted)
    except IntegrityError as error:
        raise conflict("already-holds", "You may act for this person in this already.") from error
    await store.spend_code(session, council, row.id)
    await _publish(session, council, changed, MandateAccepted)
    await _note(session, council, changed.principal, "mandate accepted", changed)
    await _note(session, council, delegate, "acting accepted", changed)
    await emails.accepted(session, council, changed)
    return changed


async def _revoke(session: Session, council: str, row: Row[Any], side: rules.Side) -> None:
    before = _mandate(row)
    after = rules.revoke(before, side, _now())
    if after is before:
        return
    changed = await _change(session, council, row, after)
    await _note(session, council, changed.principal, "mandate ended", changed)
    if before.status == "accepted":
        await _note(session, council, changed.delegate, "acting ended", changed)
        last = _now() + timedelta(seconds=tokens.ACCESS_SECONDS + crypto.GRACE_SECONDS)
        await revocations.revoke_credential(session, council, ids.show(row.id), last, claim="mandate")
        await _publish(session, council, changed, MandateRevoked)
        await emails.ended(session, council, changed)


async def _change(session: Session, council: str, row: Row[Any], state: rules.Mandate) -> Row[Any]:
    fields = _fields(state)
    await store.change(session, council, row.id, {name: fields[name] for name in _CHANGING})
    changed = await store.locked(session, council, row.id)
    if changed is None:  # pragma: no cover - the row is locked
        raise not_found("mandate with this id")
    return changed


async def _publish(
    session: Session, council: str, row: Row[Any], kind: type[MandateAccepted] | type[MandateRevoked]
) -> None:
    shown = ids.show(row.id)
    event = kind(
        mandate=shown,
        principal=ids.show(row.principal),
        delegate=ids.show(row.delegate),
        theme=row.theme,
        expires_at=row.expires_at,
    )
    await outbox.add(session, event, council=council, subject=shown, sequence=row.version)


async def _note(session: Session, council: str, account: UUID, what: str, row: Row[Any]) -> None:
    await history.record_event(session, account, what, _now(), council=council, about=row.theme)


def _mandate(row: Row[Any]) -> rules.Mandate:
    return rules.Mandate(**{name: getattr(row, name) for name in rules.Mandate.__slots__})


def _fields(state: rules.Mandate) -> dict[str, Any]:
    return {name: getattr(state, name) for name in rules.Mandate.__slots__}


def _now() -> datetime:
    return datetime.now(UTC)
