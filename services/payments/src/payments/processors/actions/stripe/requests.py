"""The questions to Stripe that take more than one call, or are asked in several places."""

from typing import Any

import stripe

from payments.processors.actions.stripe import sessions, settlements
from payments.processors.actions.stripe.client import mapped_errors
from payments.processors.actions.stripe.objects import GBP, REFERENCE, PaymentIntent, Session, read_object
from payments.processors.rules import (
    MAX_LINES,
    ProcessorError,
    RefusedByProcessorError,
    SettlementLine,
    SettlementPage,
)

_MAX_PAGES = 100
_NEWEST = 100  # payments of one card: far more than it is asked for in a day


async def get_session(client: stripe.StripeClient, session_id: str) -> Session:
    """Get a Checkout Session with what came of it."""
    params: Any = {"expand": sessions.EXPANDED}
    return read_object(Session, await client.v1.checkout.sessions.retrieve_async(session_id, params))


async def get_payment(client: stripe.StripeClient, intent_id: str, expanded: str) -> PaymentIntent:
    """Get a payment with its charge."""
    params: Any = {"expand": [expanded]}
    return read_object(PaymentIntent, await client.v1.payment_intents.retrieve_async(intent_id, params))


async def find_payment(client: stripe.StripeClient, customer: str, reference: str) -> PaymentIntent | None:
    """Find a payment from a kept card by our reference, among the newest of its customer."""
    params: Any = {"customer": customer, "limit": _NEWEST, "expand": ["data.latest_charge"]}
    page = await client.v1.payment_intents.list_async(params)
    payments = (read_object(PaymentIntent, intent) for intent in page.data)
    return next((item for item in payments if (item.metadata or {}).get(REFERENCE) == reference), None)


async def close_session(client: stripe.StripeClient, key: str, session_id: str) -> str | None:
    """Close Stripe's page; if the payer was quicker, return the id of the payment."""
    options: Any = {"idempotency_key": f"{key}-session"}
    try:
        with mapped_errors():
            await client.v1.checkout.sessions.expire_async(session_id, options=options)
    except RefusedByProcessorError:
        with mapped_errors():
            session = await get_session(client, session_id)
        if session.status == sessions.OPEN:
            raise
        return session.payment_intent.id if session.payment_intent else None
    return None


async def list_payouts(client: stripe.StripeClient, since: int, after: str | None) -> SettlementPage:
    """List the complete payouts after one of them; without one, those since a time.

    Stripe lists the newest first: without a payout to begin at, all pages are read and turned round.
    """
    if after is not None:
        newer: Any = {"limit": settlements.PAGE, "ending_before": after}
        page = await client.v1.payouts.list_async(newer)
        last = page.data[0].id if page.has_more and page.data else None
        return SettlementPage(settlements.read_payouts(page.data), last)
    older: Any = {"limit": settlements.PAGE, "created": {"gte": since}}
    payouts: list[stripe.Payout] = []
    for _ in range(_MAX_PAGES):
        page = await client.v1.payouts.list_async(older)
        payouts += page.data
        if not page.has_more:
            return SettlementPage(settlements.read_payouts(payouts), None)
        older = {**older, "starting_after": page.data[-1].id}
    raise ProcessorError("Stripe has more payouts than are read at once")


async def list_lines(client: stripe.StripeClient, payout: str) -> list[SettlementLine]:
    """List the balance transactions of a payout, page by page."""
    lines: list[SettlementLine] = []
    params: Any = {"payout": payout, "limit": settlements.PAGE, "expand": ["data.source"]}
    while len(lines) <= MAX_LINES:
        page = await client.v1.balance_transactions.list_async(params)
        lines += settlements.read_lines(page.data)
        if not page.has_more:
            return lines
        params = {**params, "starting_after": page.data[-1].id}
    raise ProcessorError(f"a payout has more than {MAX_LINES} lines")


async def check_key(client: stripe.StripeClient) -> str:
    """Ask whose a key is. Raises RefusedByProcessorError for one of test mode, or of another currency."""
    try:
        with mapped_errors():
            account = await client.v1.accounts.retrieve_current_async()
            balance = await client.v1.balance.retrieve_async()
    except ProcessorError as error:
        if isinstance(error.__cause__, (stripe.AuthenticationError, stripe.PermissionError)):
            reason = "is not a key that Stripe lets read its account and balance"
            raise RefusedByProcessorError(reason) from error
        raise
    if not balance.livemode:
        raise RefusedByProcessorError("is a key of Stripe's test mode")
    if account.default_currency != GBP:
        raise RefusedByProcessorError("is of a merchant whose currency is not the pound")
    return str(account.id)
