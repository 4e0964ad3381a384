"""The one-time links of payers."""

from uuid import UUID

from chassis import encryption
from payments.settings import Settings
from payments.shared import payer_links as links


class LinkMaker:
    """Makes and checks the links to the card pages, with this installation's secret and address."""

    def __init__(self, settings: Settings) -> None:
        self.origin = settings.public_origin
        key = encryption.parse_key(settings.sealing_key.get_secret_value(), "PAYMENTS_SEALING_KEY")
        self._key = encryption.derive_key(key, "payments links")
        self.ticket_key = encryption.derive_key(key, "payments tickets")

    def make_token(self, payment_id: UUID, visits: int) -> str:
        """Make the token of a payment's next link."""
        return links.make_token(self._key, payment_id, visits)

    def matches(self, token: str, payment_id: UUID, visits: int) -> bool:
        """Check whether a token is the payment's next link."""
        return links.matches(self._key, token, payment_id, visits)
