"""Do what follows from what banks advise: each of the provider's events once, in their order."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.jobs import enqueue
from payments.direct_debit.actions import mandates, receipts
from payments.direct_debit.actions.calls import CancelMandate
from payments.direct_debit.rules.reasons import (
    ARUDD,
    AUDDIS,
    MandateEffect,
    PendingEffect,
    Reason,
    find_reason,
    read_report,
)
from payments.direct_debit.rules.states import CollectionState, MandateState, can_sign, may_go_on
from payments.direct_debit.schemas.mandates import BankAdvice
from payments.direct_debit.store import collections as collection_store
from payments.direct_debit.store import mandates as mandate_store
from payments.direct_debit.store import service_users as store

if TYPE_CHECKING:
    from payments.processors.actions.gocardless import ProviderEvent

_MANDATE_STATES = {
    "submitted": MandateState.SUBMITTED,
    "active": MandateState.ACTIVE,
    "reinstated": MandateState.ACTIVE,
    "failed": MandateState.FAILED,
    "cancelled": MandateState.CANCELLED,
    "expired": MandateState.EXPIRED,
}
_COLLECTION_STATES = {
    "failed": CollectionState.UNPAID,
    "charged_back": CollectionState.CLAIMED,
    "cancelled": CollectionState.CANCELLED,
}
# What a council has to look at though no code says so: a claim that was challenged with success.
_FOR_STAFF = {"chargeback_cancelled", "chargeback_settled"}


async def apply_mandate_events(
    session: Session, council: str, mandate_id: UUID, history: Sequence["ProviderEvent"]
) -> None:
    """Apply the events of a mandate, the oldest first."""
    for event in history:
        row = await mandate_store.lock(session, council, mandate_id)
        if row is None or row.provider_mandate != event.links.get("mandate"):
            return  # the payer has signed another one since
        if not await _record(session, row, event, None):
            continue
        if event.reason_code:
            await _apply_reason(session, row, find_reason(event.reason_code))
        elif (state := _MANDATE_STATES.get(event.action)) is not None:
            await mandates.change_state(session, row, state)
            if state in {MandateState.FAILED, MandateState.CANCELLED, MandateState.EXPIRED}:
                await mandates.stop_waiting(session, row, "mandate-ended")


async def apply_payment_events(
    session: Session, council: str, user_id: UUID, history: Sequence["ProviderEvent"]
) -> None:
    """Apply the events of a provider's payment, the oldest first."""
    for event in history:
        if event.action not in _COLLECTION_STATES and event.action not in _FOR_STAFF:
            continue
        payment = event.links.get("payment", "")
        present = await collection_store.find_by_provider(session, council, user_id, payment)
        if present is None:
            return
        mandate = await mandate_store.lock(session, council, present.mandate)
        row = await collection_store.lock(session, council, present.id)
        if mandate is None or row is None or not await _record(session, mandate, event, row.id):
            continue
        if (state := _COLLECTION_STATES.get(event.action)) is not None:
            await _end_collection(session, row, state, event.reason_code)
        if event.reason_code and read_report(event.reason_code) != "DDICA":
            await _apply_reason(session, mandate, find_reason(event.reason_code))


async def _record(
    session: Session, mandate: Row[Any], event: "ProviderEvent", collection_id: UUID | None
) -> bool:
    """Write an advice; False if it has been applied before."""
    needs_staff = event.action in _FOR_STAFF or (
        bool(event.reason_code) and find_reason(event.reason_code).needs_staff
    )
    row = {
        "council": mandate.council,
        "id": ids.new(),
        "service_user": mandate.service_user,
        "mode": mandate.mode,
        "provider_event": event.id,
        "mandate": mandate.id,
        "collection": collection_id,
        "action": event.action,
        "code": event.reason_code,
        "needs_staff": needs_staff,
        "occurred_at": datetime.fromisoformat(event.created_at),
        "created_at": clock.now(),
    }
    return await store.insert_advice(session, row)


async def _end_collection(session: Session, row: Row[Any], state: CollectionState, reason_code: str) -> None:
    """Write what became of a collection, and take it back in the ledger if it was posted."""
    if not may_go_on(CollectionState(row.state), state):
        return
    values = {"state": state, "reason": reason_code or None, "updated_at": clock.now()}
    await collection_store.update_one(session, row.council, row.id, values)
    if state is not CollectionState.CANCELLED:
        await receipts.take_back(session, row)


async def _apply_reason(session: Session, row: Row[Any], reason: Reason) -> None:
    """Do to a locked mandate, and to what it has still to collect, what a reason code says."""
    if reason.pending is PendingEffect.STOP:
        await mandates.stop_waiting(session, row, reason.code)
    elif reason.pending is PendingEffect.HOLD:
        await mandates.hold_waiting(session, row, reason.code)
    if reason.stops_letters:
        await mandates.stop_letters(session, row)
    values: dict[str, Any] = {"code": reason.code, "stops_letters": row.stops_letters or reason.stops_letters}
    state = _choose_state(reason)
    if state is MandateState.SUSPENDED:
        values["hold"] = reason.hold
        if can_sign(state, reason.hold, row.provider_mandate):  # the payer is to give another mandate
            values |= {"attempt": row.attempt + 1, "provider_request": None}
    changes = state is not None and await mandates.change_state(session, row, state, **values)
    if not changes and state is not MandateState.ACTIVE:  # it is over, or stays as it is
        values = {name: values[name] for name in ("code", "stops_letters")} | {"version": row.version + 1}
        await mandate_store.update_mandate(session, row.council, row.id, values)
    if reason.mandate is MandateEffect.END and read_report(reason.code) == ARUDD:
        data = CancelMandate(operation=ids.show(row.id), mandate=row.id)
        await enqueue(session, data, council=row.council, key=data.operation)


def _choose_state(reason: Reason) -> MandateState | None:
    """Choose the state that a reason code brings a mandate into; None: it stays."""
    match reason.mandate:
        case MandateEffect.END:
            is_refusal = read_report(reason.code) == AUDDIS
            return MandateState.FAILED if is_refusal else MandateState.CANCELLED
        case MandateEffect.HOLD:
            return MandateState.SUSPENDED
        case MandateEffect.REINSTATE:
            return MandateState.ACTIVE
        case MandateEffect.KEEP:
            return None


async def list_advices(
    session: ReadSession, council: str, caller: Caller, after: UUID | None, fetch: int
) -> list[BankAdvice]:
    """List what banks advised about mandates of the caller's mode."""
    rows = await store.list_advices(session, council, caller.mode, after, fetch)
    return [
        BankAdvice.model_validate(
            {**row._asdict(), "meaning": find_reason(row.code).meaning if row.code else row.action}
        )
        for row in rows
    ]
