"""Stripe: live card payments on its own page, by the official client."""

from payments.gateway_accounts.rules import Traits
from payments.processors.actions.adapters import Adapter, AdapterContext
from payments.processors.actions.stripe.processor import StripeProcessor
from payments.processors.rules import Processor


def _make(context: AdapterContext) -> Processor | None:
    return StripeProcessor(context.outbound, context.settings.stripe_api, context.read_credentials)


# 30p is the least that Stripe charges in pounds. Nobody here types a card for a payer, so there is no MOTO.
adapter = Adapter(Traits(minimum_amount=30, allows_moto=False, hosts_card_page=True), _make)
