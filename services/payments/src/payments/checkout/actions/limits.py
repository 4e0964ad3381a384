"""Limits of the card pages and of ``/v1/auth`` against card testing.

Thieves try stolen numbers where a small payment is easy.
"""

from uuid import UUID

from chassis import encryption
from chassis.database import Database
from chassis.rates import LocalLimiter, SharedLimiter
from payments.settings import Settings


class CardLimits:
    """Counts card forms of a payment, and cards from a network. Every method raises Problem 429.

    Requests to ``/v1/auth`` are counted apart: all those of a service come from one network.
    """

    def __init__(self, settings: Settings) -> None:
        key = encryption.parse_key(settings.sealing_key.get_secret_value(), "PAYMENTS_SEALING_KEY")
        self._cards = SharedLimiter(encryption.derive_key(key, "payments limits"))
        self._cards_from_network = settings.limit_cards_from_network
        self._forms = LocalLimiter(settings.limit_card_forms_of_payment)
        self._auth_requests_from_network = settings.limit_auth_requests_from_network
        self._auth_requests = LocalLimiter(settings.limit_auth_requests_for_payment)

    def take_form(self, payment_id: UUID) -> None:
        """Count a card form of a payment, right or wrong."""
        self._forms.take(payment_id)

    async def take_card(self, database: Database, network: str) -> None:
        """Count a card that the processor is asked about. A payment asks about one card."""
        await self._cards.require(database, (self._cards_from_network, network))

    async def take_auth_request(self, database: Database, network: str, payment_id: UUID | None) -> None:
        """Count a request to ``/v1/auth``, right or wrong. ``payment_id``: that its token names, if any."""
        if payment_id is not None:
            self._auth_requests.take(payment_id)
        await self._cards.require(database, (self._auth_requests_from_network, network))
