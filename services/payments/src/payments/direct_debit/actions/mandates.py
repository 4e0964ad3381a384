"""Mandates: ask for one, show, cancel, release, and change their state with what follows from it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.messages import Channel, is_recipient
from chassis.problems import conflict, invalid, not_found
from payments import events
from payments.direct_debit.actions import service_users
from payments.direct_debit.rules.charge_dates import add_months
from payments.direct_debit.rules.states import OVER, CollectionState, MandateState, can_sign, may_become
from payments.direct_debit.schemas.mandates import Mandate, NewMandate
from payments.direct_debit.store import collections as collection_store
from payments.direct_debit.store import erasure
from payments.direct_debit.store import mandates as store
from payments.receipts.actions import messages
from payments.settings import Settings
from payments.shared.bank_details import has_bank_details
from payments.shared.card_numbers import has_card_number
from payments.shared.days import today

_MONTHS = 12
_EVENTS: Mapping[MandateState, type[events.MandateEvent]] = {
    MandateState.ACTIVE: events.MandateActivated,
    MandateState.SUSPENDED: events.MandateSuspended,
    MandateState.FAILED: events.MandateFailed,
    MandateState.CANCELLED: events.MandateCancelled,
    MandateState.EXPIRED: events.MandateExpired,
}
_DETAILS = "has a card number or bank details in it, which we must not store; leave them out"


async def create_mandate(
    session: Session, settings: Settings, council: str, caller: Caller, body: NewMandate
) -> Mandate:
    """Record a mandate that a payer is to give. Raises Problem 400, 409."""
    user = await service_users.get_user(session, settings, council, caller)
    if not is_recipient(Channel.EMAIL, body.email):
        raise invalid("body.email", "is not an e-mail address")
    check_text("body.reference", body.reference)
    check_metadata(body.metadata)
    now, mandate_id = clock.now(), ids.new()
    row = {
        **body.model_dump(exclude={"email"}),
        "council": council,
        "id": mandate_id,
        "service_user": user.id,
        "mode": user.mode,
        "state": MandateState.PENDING,
        "stops_letters": False,
        "attempt": 1,
        "created_by": caller.record(),
        "version": 1,
        "updated_by": caller.subject,
        "created_at": now,
        "updated_at": now,
    }
    await store.insert_mandate(session, row, body.email)
    event = events.MandateCreated(
        mandate=mandate_id, mode=user.mode, reference=body.reference, metadata=body.metadata or {}
    )
    await outbox.add(session, event, council=council, subject=ids.show(mandate_id), sequence=1)
    mandate = await store.find(session, council, mandate_id)
    return await write_mandate(session, settings, council, mandate)


def check_text(field: str, text: str) -> None:
    """Raise Problem 400 for a text with a card number or bank details."""
    if has_card_number(text) or has_bank_details(text):
        raise invalid(field, _DETAILS)


def check_metadata(metadata: Mapping[str, Any] | None) -> None:
    """Raise Problem 400 for metadata with a card number or bank details."""
    for name, value in (metadata or {}).items():
        check_text(f"body.metadata.{name}", f"{name} {value}")


async def get_row(session: ReadSession, council: str, caller: Caller, mandate_id: UUID) -> Row[Any]:
    """Get a mandate of the caller's mode. Raises Problem 404."""
    row = await store.find(session, council, mandate_id)
    if row is None or row.mode != caller.mode:
        raise not_found("mandate with this id")
    return row


async def list_mandates(
    session: ReadSession, settings: Settings, council: str, caller: Caller, after: UUID | None, fetch: int
) -> list[Mandate]:
    """List the mandates of the caller's mode."""
    rows = await store.list_page(session, council, caller.mode, after, fetch)
    users = {row.service_user for row in rows}
    names = {user: (await service_users.find_user(session, council, user)).statement_name for user in users}
    return [_write(row, settings, council, names[row.service_user]) for row in rows]


async def write_mandate(
    session: ReadSession, settings: Settings, council: str, row: Row[Any] | None
) -> Mandate:
    """Write a mandate as the API shows it."""
    if row is None:
        raise LookupError("no such mandate")
    user = await service_users.find_user(session, council, row.service_user)
    return _write(row, settings, council, user.statement_name)


def _write(row: Row[Any], settings: Settings, council: str, statement_name: str) -> Mandate:
    url = f"{settings.public_origin}/{council}/payments/direct-debit/mandates/{ids.show(row.id)}"
    is_open = can_sign(row.state, row.hold, row.provider_mandate)
    members = {**row._asdict(), "metadata": row.metadata or {}, "statement_name": statement_name}
    return Mandate.model_validate({**members, "sign_up_url": url if is_open else None})


async def find_open(
    session: ReadSession, settings: Settings, council: str, mandate_id: UUID
) -> Mandate | None:
    """Find a mandate that is not over, for its payer's page."""
    row = await store.find(session, council, mandate_id)
    return None if row is None or row.state in OVER else await write_mandate(session, settings, council, row)


def make_path(council: str, mandate_id: UUID) -> str:
    """Make the path of a mandate's page."""
    return f"/{council}/payments/direct-debit/mandates/{ids.show(mandate_id)}"


async def cancel_mandate(
    session: Session,
    settings: Settings,
    council: str,
    caller: Caller,
    mandate_id: UUID,
    precondition: Precondition,
) -> tuple[Mandate, bool]:
    """Cancel a mandate. Returns whether the provider is to be told. Raises Problem 404, 409, 412."""
    row = await _lock_for_change(session, council, caller, mandate_id, precondition)
    if row.state in OVER:
        raise conflict("mandate-over", "The mandate is over.")
    await change_state(session, row, MandateState.CANCELLED, updated_by=caller.subject)
    await stop_waiting(session, row, "mandate-ended")
    changed = await store.find(session, council, mandate_id)
    return await write_mandate(session, settings, council, changed), row.provider_mandate is not None


async def release_mandate(
    session: Session,
    settings: Settings,
    council: str,
    caller: Caller,
    mandate_id: UUID,
    precondition: Precondition,
) -> Mandate:
    """Let a suspended mandate collect again: its cause is mended. Raises Problem 404, 409, 412."""
    row = await _lock_for_change(session, council, caller, mandate_id, precondition)
    if row.state != MandateState.SUSPENDED or row.activated_at is None or row.provider_mandate is None:
        raise conflict("mandate-not-suspended", "The mandate is not suspended, or it has never been active.")
    await change_state(session, row, MandateState.ACTIVE, updated_by=caller.subject)
    changed = await store.find(session, council, mandate_id)
    return await write_mandate(session, settings, council, changed)


async def _lock_for_change(
    session: Session, council: str, caller: Caller, mandate_id: UUID, precondition: Precondition
) -> Row[Any]:
    await get_row(session, council, caller, mandate_id)
    row = await store.lock(session, council, mandate_id)
    if row is None:
        raise not_found("mandate with this id")
    precondition.check(row.version, "mandate")
    return row


async def change_state(session: Session, row: Row[Any], state: MandateState, **values: Any) -> bool:
    """Change a locked mandate's state and tell of it; False if it cannot come into it.

    An active mandate lets what was suspended go on; one that ends is kept as proof for as long as the council
    has set.
    """
    if not may_become(MandateState(row.state), state):
        return False
    now = clock.now()
    changed = {"hold": None, **values, "state": state, "version": row.version + 1, "updated_at": now}
    if state is MandateState.ACTIVE:
        changed |= {"activated_at": row.activated_at or now, "ended_at": None, "proof_retained_until": None}
        await _resume(session, row)
    if state in OVER:
        changed |= {"ended_at": now, "proof_retained_until": await _find_end_of_proof(session, row)}
    await store.update_mandate(session, row.council, row.id, changed)
    if (event := _EVENTS.get(state)) is not None:
        members = {
            "mandate": row.id,
            "mode": row.mode,
            "reference": row.reference,
            "code": changed.get("code", row.code) or "",
            "stops_letters": changed.get("stops_letters", row.stops_letters),
            "metadata": row.metadata or {},
        }
        subject = ids.show(row.id)
        await outbox.add(
            session, event(**members), council=row.council, subject=subject, sequence=row.version + 1
        )
    return True


async def _resume(session: Session, row: Row[Any]) -> None:
    waiting = await collection_store.lock_waiting(session, row.council, row.id)
    await _change_waiting(session, row, waiting, CollectionState.SCHEDULED, None)


async def hold_waiting(session: Session, row: Row[Any], reason: str) -> None:
    """Hold a mandate's collections that the provider does not have."""
    waiting = await collection_store.lock_waiting(session, row.council, row.id)
    await _change_waiting(session, row, waiting, CollectionState.SUSPENDED, reason)


async def stop_waiting(session: Session, row: Row[Any], reason: str) -> None:
    """Stop a mandate's collections that the provider does not have."""
    waiting = await collection_store.lock_waiting(session, row.council, row.id)
    await _change_waiting(session, row, waiting, CollectionState.STOPPED, reason)


async def _change_waiting(
    session: Session, row: Row[Any], waiting: Sequence[Row[Any]], state: CollectionState, reason: str | None
) -> None:
    chosen = [collection.id for collection in waiting if collection.state != state]
    if chosen:
        values = {"state": state, "reason": reason, "updated_at": clock.now()}
        await collection_store.update_all(session, row.council, chosen, values)


async def stop_letters(session: Session, row: Row[Any]) -> None:
    """Withdraw what waits to be sent to a payer who has died."""
    waiting = await store.withdraw_notices(session, row.council, row.id)
    await messages.withdraw(session, waiting, council=row.council)


async def _find_end_of_proof(session: ReadSession, row: Row[Any]) -> Any:
    """Find until when proof of an authority is kept: None if the council set no end, for claims have none."""
    user = await service_users.find_user(session, row.council, row.service_user)
    if user.proof_years is None:
        return None
    return add_months(row.last_charged_on or today(), user.proof_years * _MONTHS)


async def erase_payers(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase payers and what services sent along, of mandates and collections up to a day.

    Returns how many of the larger batch. A mandate that is not over keeps its payer: notice goes to them.
    """
    mandates = await erasure.erase_payers(session, council, last_day, most)
    return max(mandates, await erasure.erase_metadata(session, council, last_day, most))


async def erase_proof(session: Session, council: str, today: date, most: int) -> int:
    """Erase a batch of proofs of authority that the council keeps no longer; return how many."""
    return await erasure.erase_proof(session, council, today, most)


async def erase_narratives(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase the narratives of a batch of collections up to a day; return how many."""
    return await erasure.erase_narratives(session, council, last_day, most)
