"""What a payer does: opens the link, gives a card, confirms or gives up."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import Row

from chassis import ids, recovery
from chassis.database import ReadSession, Session
from chassis.jobs import CallContext
from chassis.problems import not_found
from payments.gateway_accounts.actions import accounts
from payments.gateway_accounts.actions.accounts import SANDBOX
from payments.gateway_accounts.rules import AccountSettings
from payments.payments.actions import changes, payments, processor_calls
from payments.payments.rules.states import PAYABLE, Status
from payments.payments.store import payments as store
from payments.processors.rules import ProcessorError, RefusedByProcessorError
from payments.shared.link_maker import LinkMaker
from payments.shared.payer_links import read_payment_id
from payments.shared.sandbox_cards import CorporateCard

PATIENCE = 8.0
"""Seconds that a payer's own request waits for the processor. Then the worker asks, and the page waits."""


class Card(NamedTuple):
    """The card that a payer chose, by its name in the sandbox, and what may be kept of the payer."""

    name: str
    payer: Mapping[str, Any]
    corporate: CorporateCard | None = None


async def find(session: ReadSession, council: str, payment_id: UUID) -> Row[Any]:
    """Find a payment. Raises Problem 404."""
    row = await store.find_payment(session, council, payment_id)
    if row is None:
        raise not_found("payment")
    return row


async def open_link(session: Session, council: str, token: str, links: LinkMaker) -> Row[Any] | None:
    """Use a one-time link up and start its payment; return the payment as it was, None for no fresh link."""
    payment_id = read_payment_id(token)
    if payment_id is None:
        return None
    row = await store.lock_payment(session, council, payment_id)
    if row is None or not links.matches(token, payment_id, row.visits):
        return None
    await store.update_payment(session, council, payment_id, {"visits": row.visits + 1})
    if row.status == Status.CREATED:
        await changes.change(session, row, Status.STARTED)
    return row


async def list_surcharges(session: ReadSession, council: str, row: Row[Any]) -> dict[CorporateCard, int]:
    """List what corporate cards would add to a payment that waits for its card on our page, in pence."""
    if row.status not in PAYABLE or is_paid_elsewhere(row):
        return {}
    account = await accounts.get_by_id(session, council, row.account)
    surcharges = {kind: account.settings.find_surcharge(kind, row.amount) for kind in get_args(CorporateCard)}
    return {kind: surcharge for kind, surcharge in surcharges.items() if surcharge}


async def choose_card(
    session: Session, council: str, payment_id: UUID, card: Card, return_url: str
) -> recovery.Operation | None:
    """Take a test card and begin its authorisation.

    None if the payment waits for no card of ours: a second click, or a payment on the processor's page.
    """
    row = await changes.lock(session, council, payment_id)
    if row.status != Status.STARTED or is_paid_elsewhere(row):
        return None
    account = await accounts.get_by_id(session, council, row.account)
    return await begin_authorisation(session, row, card, account.settings, return_url)


async def begin_authorisation(
    session: Session,
    row: Row[Any],
    card: Card,
    settings: AccountSettings,
    return_url: str | None = None,
    **values: Any,
) -> recovery.Operation:
    """Begin to authorise a locked payment with a card; other columns are changed along."""
    await store.save_payer(session, row, card.payer)
    surcharge = settings.find_surcharge(card.corporate, row.amount)
    await changes.change(session, row, Status.AUTHORISING, card=card.name, surcharge=surcharge, **values)
    data = processor_calls.Authorise(operation=ids.show(row.id), payment=row.id, return_url=return_url)
    return await recovery.begin(session, data, council=row.council, seconds=PATIENCE)


def is_paid_elsewhere(row: Row[Any]) -> bool:
    """Tell whether the card is entered on the processor's page. That of a live payment always is."""
    return bool(row.mode != SANDBOX)


async def begin_visit(
    session: Session, council: str, payment_id: UUID, return_url: str, cancel_url: str
) -> recovery.Operation | None:
    """Begin to open the processor's page. None if the payment does not wait for it: another tab was first."""
    row = await changes.lock(session, council, payment_id)
    if row.status != Status.STARTED or not is_paid_elsewhere(row):
        return None
    await changes.change(session, row, Status.AUTHORISING)
    data = processor_calls.Authorise(
        operation=ids.show(row.id), payment=row.id, return_url=return_url, cancel_url=cancel_url
    )
    return await recovery.begin(session, data, council=council, seconds=PATIENCE)


async def authorise(context: CallContext, operation: recovery.Operation) -> bool:
    """Make the call to the processor; False if nobody knows yet what came of it: the worker goes on."""
    try:
        await recovery.run(context, processor_calls.handlers, operation)
    except (ProcessorError, RefusedByProcessorError, recovery.OverdueError):
        return False
    return True


async def confirm(session: Session, council: str, payment_id: UUID) -> Row[Any]:
    """Confirm a payment that is authorised: it succeeds. Does nothing to one in any other state."""
    row = await changes.lock(session, council, payment_id)
    if row.status != Status.AUTHORISED:
        return row
    await processor_calls.confirm(session, row)
    return row


async def give_up(session: Session, council: str, payment_id: UUID) -> None:
    """Cancel a payment for its payer, unless it is paid or over, or the card is being authorised."""
    row = await changes.lock(session, council, payment_id)
    if row.status in {Status.STARTED, Status.CHALLENGED, Status.AUTHORISED}:
        await payments.end(session, row, Status.CANCELLED_BY_USER)


async def end_challenge(context: CallContext, council: str, payment_id: UUID) -> bool:
    """Ask the processor what came of 3-D Secure, or of its page.

    False without an answer in time: the payment waits on.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            finish = await processor_calls.read_challenge(context, council, payment_id)
    except (ProcessorError, RefusedByProcessorError, TimeoutError):
        return False
    if finish is not None:
        async with context.database.writing(council) as session:
            await finish(session)
    return True
