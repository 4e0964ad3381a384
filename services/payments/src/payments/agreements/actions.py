"""Create, get and cancel agreements; and what payments do with them."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.dates import add_months
from chassis.problems import Problem
from payments.agreements import store
from payments.agreements.rules import AgreementState, may_become
from payments.agreements.tables import CARD_LABELS, CARD_MEMBERS
from payments.gateway_accounts.actions import accounts
from payments.gateway_accounts.actions.accounts import GatewayAccount
from payments.shared.days import today
from payments.shared.retention import DEFAULT_MONTHS

_NOT_ALLOWED = "Recurring card payments are not enabled for this account"


async def create(session: Session, council: str, caller: Caller, members: Mapping[str, Any]) -> Row[Any]:
    """Create an agreement: reference, description, user_identifier. Raises Problem 422 P0942.

    It has no card until its first payment.
    """
    account = await accounts.get_account(session, council, caller)
    if not account.settings.allows_agreements:
        raise Problem(422, "P0942", _NOT_ALLOWED)
    agreement_id = ids.new()
    row = {
        "council": council,
        "id": agreement_id,
        "account": account.id,
        "mode": account.mode,
        "state": AgreementState.CREATED,
        **members,
        "token": None,
        "created_by": caller.record(),
        "version": 1,
        "created_at": clock.now(),
        "cancelled_at": None,
    }
    await store.insert_agreement(session, row)
    return await get(session, council, caller, agreement_id)


async def get(
    session: ReadSession, council: str, caller: Caller, agreement_id: UUID, code: str = "P2200"
) -> Row[Any]:
    """Get an agreement of the caller's account. Raises Problem 404 with the operation's code."""
    account = await accounts.find_account(session, council, caller)
    row = await store.find_agreement(session, council, agreement_id)
    if row is None or account is None or row.account != account.id:
        raise Problem(404, code, "Not found")
    return row


async def cancel(session: Session, council: str, caller: Caller, agreement_id: UUID) -> None:
    """Cancel an active agreement: no more payments by it. Raises Problem 404 P2500, 400 P2501."""
    await get(session, council, caller, agreement_id, "P2500")
    row = await store.lock_agreement(session, council, agreement_id)
    if row is None or not may_become(AgreementState(row.state), AgreementState.CANCELLED):
        raise Problem(400, "P2501", "Cancellation of agreement failed")
    values = {"state": AgreementState.CANCELLED, "cancelled_at": clock.now()}
    await store.update_agreement(session, row, values)


async def find_to_set_up(session: Session, council: str, account: GatewayAccount, text: str) -> Row[Any]:
    """Find the agreement that a payment sets up. It keeps its state until this commits.

    Raises Problem 400 P0103.
    """
    row = await _find(session, council, account, text)
    if row is None:
        raise Problem(400, "P0103", "Agreement ID does not exist", field="set_up_agreement")
    if row.state == AgreementState.CANCELLED:
        raise Problem(400, "P0103", "Agreement is cancelled", field="set_up_agreement")
    return row


async def find_active(session: Session, council: str, account: GatewayAccount, text: str) -> Row[Any]:
    """Find the agreement that a payment is taken by. It keeps its state until this commits.

    Raises Problem 400 P0102.
    """
    row = await _find(session, council, account, text)
    if row is None:
        raise Problem(400, "P0102", "Agreement does not exist", field="agreement_id")
    if row.state != AgreementState.ACTIVE:
        raise Problem(400, "P0102", "Agreement must be active", field="agreement_id")
    return row


async def _find(session: Session, council: str, account: GatewayAccount, text: str) -> Row[Any] | None:
    try:
        row = await store.share_agreement(session, council, ids.read(text))
    except ValueError:
        return None
    return row if row is not None and row.account == account.id else None


def copy_card(row: Row[Any]) -> dict[str, Any]:
    """Return what a payment by the agreement knows of its payer from the start."""
    members = ("expiry_date", "cardholder_name", "billing_address")
    values = {name: getattr(row, CARD_LABELS[name]) for name in members}
    return {name: value for name, value in values.items() if value}


async def find_token(session: ReadSession, council: str, agreement_id: UUID) -> str | None:
    """Find the processor's token of an agreement's card; None if no payment may be taken from it."""
    row = await store.find_agreement(session, council, agreement_id)
    return row.token if row is not None and row.state == AgreementState.ACTIVE else None


async def activate(
    session: Session, council: str, agreement_id: UUID, payment: Row[Any], token: str | None = None
) -> None:
    """Give an agreement the card of a payment that succeeded, unless it was cancelled meanwhile.

    ``token``: by what the processor keeps the card, if not by the payment's id.
    """
    row = await store.lock_agreement(session, council, agreement_id)
    if row is None or not may_become(AgreementState(row.state), AgreementState.ACTIVE):
        return
    card = {name: getattr(payment, name) for name in CARD_MEMBERS}
    await store.update_agreement(
        session,
        row,
        {"state": AgreementState.ACTIVE, "token": token or ids.show(payment.id), "is_erased": False},
    )
    await store.save_card(session, row, {**card, "created_at": clock.now()})


async def deactivate(session: Session, council: str, agreement_id: UUID) -> None:
    """End the use of an agreement's card, which the processor will not take again."""
    row = await store.lock_agreement(session, council, agreement_id)
    if row is not None and may_become(AgreementState(row.state), AgreementState.INACTIVE):
        await store.update_agreement(session, row, {"state": AgreementState.INACTIVE})


async def erase_unused(session: Session, council: str, most: int) -> int:
    """Erase cards and words of agreements that are not active and have no payment with a payer.

    One that no payment ever used is kept as long as a payer is by default.
    """
    before = datetime.combine(add_months(today(), -DEFAULT_MONTHS), time(), UTC)
    return await store.erase_unused(session, council, before, most)
