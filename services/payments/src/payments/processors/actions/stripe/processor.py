"""Stripe behind the port. Money is held first and taken when the payment succeeds here.

Stripe forgets an Idempotency-Key after 24 hours, and our tries take about as long: a capture, a refund and a
payment by an agreement are looked up as well, by what they did and by our own reference.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import stripe

from chassis import clock
from chassis.outbound import Outbound
from payments.processors.actions.adapters import ReadCredentials
from payments.processors.actions.stripe import requests, sessions
from payments.processors.actions.stripe.client import mapped_errors, open_client
from payments.processors.actions.stripe.notifications import read_notification
from payments.processors.actions.stripe.objects import (
    GBP,
    REFERENCE,
    BalanceTransaction,
    PaymentIntent,
    Session,
    SetupIntent,
    read_dispute,
    read_object,
    read_refund,
    to_time,
)
from payments.processors.rules import (
    Authorisation,
    AuthorisationRequest,
    Capture,
    Dispute,
    Notification,
    Outcome,
    ProcessorError,
    RefundResult,
    RefusedByProcessorError,
    SettlementLine,
    SettlementPage,
)

_LIVE_KEYS = ("sk_live_", "rk_live_")
_SUCCEEDED, _PROCESSING, _CANCELED = "succeeded", "processing", "canceled"
_KEY_LIFE = timedelta(hours=23)  # Stripe says 24
_CHARGE = "latest_charge"
_CAPTURED = "latest_charge.balance_transaction"


class StripeProcessor:
    """Stripe at an address, for the accounts whose credentials ``read_credentials`` reads."""

    def __init__(self, outbound: Outbound, base: str, read_credentials: ReadCredentials) -> None:
        self._outbound = outbound
        self._base = base
        self._read_credentials = read_credentials

    async def authorise(self, key: str, request: AuthorisationRequest) -> Authorisation:
        """Open Stripe's page for a payer; without one, hold money on the agreement's card."""
        if request.is_moto:
            raise RefusedByProcessorError("cards are not typed in for a payer here")
        client = await self._open(request.merchant)
        if request.return_url is None:
            return await self._authorise_later(client, key, request)
        params: Any = sessions.make_params(request)
        with mapped_errors():
            session = await client.v1.checkout.sessions.create_async(params, {"idempotency_key": key})
        return sessions.read_session(read_object(Session, session))

    async def _authorise_later(
        self, client: stripe.StripeClient, key: str, request: AuthorisationRequest
    ) -> Authorisation:
        """Hold money on a card that Stripe keeps, once for a reference.

        A decline is an error of Stripe's, with the payment.
        """
        params: Any = sessions.make_later_params(request)
        try:
            with mapped_errors():
                earlier = await _find_earlier(client, params["customer"], request)
                if earlier is not None:
                    return sessions.read_payment(earlier)
                intent = await client.v1.payment_intents.create_async(params, {"idempotency_key": key})
        except RefusedByProcessorError as error:
            if not isinstance(error.__cause__, stripe.CardError):
                raise
            return _read_decline(error.__cause__)
        return sessions.read_payment(read_object(PaymentIntent, intent))

    async def get_authorisation(self, merchant: str, provider_id: str) -> Authorisation:
        """Get a visit to Stripe's page, or the payment that came of it, as it is now."""
        client = await self._open(merchant)
        with mapped_errors():
            if provider_id.startswith(sessions.PREFIX):
                return sessions.read_session(await requests.get_session(client, provider_id))
            if provider_id.startswith(sessions.SETUP_PREFIX):
                params: Any = {"expand": ["payment_method"]}
                setup = await client.v1.setup_intents.retrieve_async(provider_id, params)
                return sessions.read_setup(read_object(SetupIntent, setup))
            return sessions.read_payment(await requests.get_payment(client, provider_id, _CHARGE))

    async def capture(self, key: str, merchant: str, provider_id: str, amount: int) -> Capture:
        """Take money that was held. What was taken before is found, whatever became of the key."""
        client = await self._open(merchant)
        params: Any = {"amount_to_capture": amount, "expand": [_CAPTURED]}
        options: Any = {"idempotency_key": key}
        try:
            with mapped_errors():
                captured = await client.v1.payment_intents.capture_async(provider_id, params, options)
                intent = read_object(PaymentIntent, captured)
        except RefusedByProcessorError:
            with mapped_errors():
                intent = await requests.get_payment(client, provider_id, _CAPTURED)
            if intent.status != _SUCCEEDED:
                raise
        return _read_capture(intent)

    async def cancel(self, key: str, merchant: str, provider_id: str) -> None:
        """Close Stripe's page, or let go of what was held by then. A kept card holds no money."""
        client = await self._open(merchant)
        if provider_id.startswith(sessions.SETUP_PREFIX):
            return
        payment: str | None = provider_id
        if provider_id.startswith(sessions.PREFIX):
            payment = await requests.close_session(client, key, provider_id)
        if payment is not None:
            options: Any = {"idempotency_key": f"{key}-payment"}
            with mapped_errors():
                await client.v1.payment_intents.cancel_async(payment, options=options)

    async def refund(
        self, key: str, merchant: str, provider_id: str, amount: int, reference: str
    ) -> RefundResult:
        """Give money back to the card it came from, once for a reference."""
        client = await self._open(merchant)
        with mapped_errors():
            page = await client.v1.refunds.list_async({"payment_intent": provider_id, "limit": 100})
            for refund in map(read_refund, page.data):
                if refund.reference == reference:
                    return refund
            created = await client.v1.refunds.create_async(
                {"payment_intent": provider_id, "amount": amount, "metadata": {REFERENCE: reference}},
                {"idempotency_key": key},
            )
        return read_refund(created)

    async def get_refund(self, merchant: str, provider_id: str) -> RefundResult:
        """Get a refund as it is now."""
        client = await self._open(merchant)
        with mapped_errors():
            return read_refund(await client.v1.refunds.retrieve_async(provider_id))

    async def get_dispute(self, merchant: str, provider_id: str) -> Dispute:
        """Get a dispute as it is now."""
        client = await self._open(merchant)
        with mapped_errors():
            return read_dispute(await client.v1.disputes.retrieve_async(provider_id))

    async def check_credentials(self, secret_key: str) -> str:
        """Ask whose a live key is. A key of Stripe's test mode is refused, by its name and by its balance."""
        if not secret_key.startswith(_LIVE_KEYS) or not (secret_key.isascii() and secret_key.isprintable()):
            raise RefusedByProcessorError(
                "is not a live key of Stripe: those begin with sk_live_ or rk_live_"
            )
        return await requests.check_key(open_client(self._outbound, self._base, secret_key))

    async def register_webhook(self, key: str, merchant: str, url: str, secret: str) -> None:
        """Do nothing: a council makes the endpoint at Stripe, which makes the secret."""

    def read_notification(self, body: bytes, headers: Mapping[str, str], secret: str) -> Notification | None:
        """Check and read an event of Stripe's."""
        return read_notification(body, headers, secret)

    async def list_settlements(self, merchant: str, after: str | None) -> SettlementPage:
        """List the complete payouts after one of them; without one, since the account has credentials."""
        credentials = await self._read_credentials(merchant)
        client = open_client(self._outbound, self._base, credentials.secret_key)
        with mapped_errors():
            return await requests.list_payouts(client, int(credentials.created_at.timestamp()), after)

    async def list_settlement_lines(self, merchant: str, provider_id: str) -> Sequence[SettlementLine]:
        """List the balance transactions of a payout."""
        client = await self._open(merchant)
        with mapped_errors():
            return await requests.list_lines(client, provider_id)

    async def _open(self, merchant: str) -> stripe.StripeClient:
        credentials = await self._read_credentials(merchant)
        return open_client(self._outbound, self._base, credentials.secret_key)


async def _find_earlier(
    client: stripe.StripeClient, customer: str, request: AuthorisationRequest
) -> PaymentIntent | None:
    """Find what was made at an earlier try whose key Stripe may have forgotten."""
    if request.created_at is None or clock.now() - request.created_at < _KEY_LIFE:
        return None
    return await requests.find_payment(client, customer, request.reference)


def _read_decline(error: stripe.CardError) -> Authorisation:
    """Read the payment that a decline is about. A declined one holds nothing."""
    answer = error.json_body if isinstance(error.json_body, Mapping) else {}
    details = answer.get("error", {})
    intent = details.get("payment_intent")
    provider_id = str(intent["id"]) if isinstance(intent, Mapping) and "id" in intent else ""
    reason = details.get("decline_code") or details.get("code")
    return Authorisation(provider_id, Outcome.DECLINED, can_retry=sessions.may_retry(reason))


def _read_capture(intent: PaymentIntent) -> Capture:
    """Read when money was taken, and the fee if it is in pounds.

    Raises ProcessorError, RefusedByProcessorError.
    """
    if intent.status == _PROCESSING:
        return Capture(None, None)
    if intent.status == _CANCELED:
        raise RefusedByProcessorError("Stripe has let go of the payment")
    if intent.status != _SUCCEEDED:
        raise ProcessorError("Stripe has not captured the payment")
    balance = intent.latest_charge.balance_transaction if intent.latest_charge else None
    if not isinstance(balance, BalanceTransaction):
        return Capture(clock.now(), None)
    return Capture(to_time(balance.created), balance.fee if balance.currency == GBP else None)
