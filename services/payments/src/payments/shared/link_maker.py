"""The one-time links of payers, and the one-time tokens of services that send card details."""

from uuid import UUID

from chassis import encryption
from payments.settings import Settings
from payments.shared import payer_links as links


class LinkMaker:
    """Makes and checks the links to the card pages, with this installation's secret and address."""

    def __init__(self, settings: Settings) -> None:
        self.origin = settings.public_origin
        key = encryption.parse_key(settings.sealing_key.get_secret_value(), "PAYMENTS_SEALING_KEY")
        self.allows_moto_api = settings.allows_moto_api
        self._moto_key = encryption.derive_key(key, "payments moto tokens")
        self._key = encryption.derive_key(key, "payments links")
        self.ticket_key = encryption.derive_key(key, "payments tickets")

    def make_token(self, payment_id: UUID, visits: int) -> str:
        """Make the token of a payment's next link."""
        return links.make_token(self._key, payment_id, visits)

    def make_moto_token(self, payment_id: UUID) -> str:
        """Make the token with which a service sends a payment's card details, once."""
        return links.make_token(self._moto_key, payment_id, 0)

    def matches_moto(self, token: str, payment_id: UUID) -> bool:
        """Check whether a token is the payment's for card details, used or not."""
        return links.matches(self._moto_key, token, payment_id, 0)

    def matches(self, token: str, payment_id: UUID, visits: int) -> bool:
        """Check whether a token is the payment's next link."""
        return links.matches(self._key, token, payment_id, visits)
