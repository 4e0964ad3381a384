"""The port: what a processor is asked and what it says, and no word of any one processor.

Every call takes a key. A processor that is asked twice with a key acts once and answers as before, so that a
call whose answer was lost is made again by whoever finishes the work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

MAX_LINES = 50_000
"""Lines of a settlement: more is taken for a fault."""


class Outcome(StrEnum):
    """What became of an authorisation."""

    AUTHORISED = "authorised"
    CHALLENGED = "three_d_secure_required"
    DECLINED = "declined"
    EXPIRED = "expired"  # the payer did not finish on the processor's page
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an account's processor knows us by. ``created_at``: when the account was first given any."""

    secret_key: str = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """What may be shown and kept of a card. ``card_type``: credit or debit; None if nobody knows.

    Not every processor says the first digits.
    """

    brand: str
    card_type: str | None
    first_digits: str | None
    last_digits: str


@dataclass(frozen=True, slots=True)
class PayerDetails:
    """What a payer entered on the processor's page. None: they did not say. ``expiry_date``: MM/YY."""

    email: str | None = None
    cardholder_name: str | None = None
    billing_address: Mapping[str, str] | None = None
    expiry_date: str | None = None


@dataclass(frozen=True, slots=True)
class AuthorisationRequest:
    """Hold an amount, in pence, on a card.

    ``card``: the name of a test card; None if the payer enters it on the processor's page. ``return_url``:
    where the payer comes back to; None if there is no payer: the card is that of the ``agreement`` then.
    Otherwise the processor keeps the card by the agreement's name. ``created_at``: when it may have been
    asked first. The rest is for the processor's page: where a payer who gives up comes back to, what is
    prefilled, and the payment's language.
    """

    merchant: str
    amount: int
    card: str | None
    reference: str
    return_url: str | None
    is_moto: bool = False
    agreement: str | None = None
    cancel_url: str | None = None
    description: str = ""
    email: str | None = None
    created_at: datetime | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A processor's answer.

    ``challenge_url``: where the payer shows that the card is theirs (3-D Secure), or enters it: the
    processor's page. ``can_retry``: whether another payment by an agreement may succeed, when this one was
    declined. ``token``: by what the processor keeps the card, if not by the name that it was given.
    """

    provider_id: str
    outcome: Outcome
    card: Card | None = None
    challenge_url: str | None = None
    can_retry: bool = True
    payer: PayerDetails | None = None
    token: str | None = None

    def list_payer_details(self) -> dict[str, Any]:
        """List what became known of the payer and their card, by the names that payments keep it under."""
        details = {**(asdict(self.payer) if self.payer else {}), **(asdict(self.card) if self.card else {})}
        return {name: value for name, value in details.items() if name != "brand" and value is not None}


@dataclass(frozen=True, slots=True)
class Capture:
    """Money that is taken, and the processor's fee in pence if it says so already.

    ``captured_at``: when it was; none while the processor has yet to do it.
    """

    captured_at: datetime | None
    fee: int | None


class RefundOutcome(StrEnum):
    """What became of a refund."""

    SUBMITTED = "submitted"
    SUCCESS = "success"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RefundResult:
    """A processor's answer to a refund. ``reference``: what it was asked with."""

    provider_id: str
    outcome: RefundOutcome
    reference: str = ""


class DisputeState(StrEnum):
    """Where a dispute is."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payer's dispute of a payment. Amount and fee are pence.

    ``is_taken``: the processor has taken both while it is open, and keeps the fee if it is won. Otherwise it
    takes both when it is lost.
    """

    provider_id: str
    authorisation: str
    state: DisputeState
    amount: int
    fee: int
    reason: str
    opened_at: datetime
    is_taken: bool = False


class Topic(StrEnum):
    """What a notification is about."""

    AUTHORISATION = "authorisation"
    CAPTURE = "capture"
    REFUND = "refund"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class Notification:
    """A hint of a processor that something changed. ``provider_id``: for a capture, the authorisation's."""

    topic: Topic
    provider_id: str


class ForgedNotificationError(Exception):
    """A notification has no valid signature of its account."""


class SettlementKind(StrEnum):
    """What a line of a settlement is for. A processor's other words are ``other``."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    PAYOUT_REVERSAL = "payout_reversal"
    FEE = "fee"
    UNPAID = "unpaid"  # a Direct Debit that a bank sent back
    CLAIM = "claim"  # a Direct Debit that its payer claimed back
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """An amount that a payout pays or takes back, in the processor's sign: ``net`` is amount less fee.

    ``authorisation``: the payment's id at the processor. ``source``: that of the refund, dispute or payout.
    """

    provider_id: str
    kind: SettlementKind
    amount: int
    fee: int
    currency: str
    authorisation: str | None = None
    source: str | None = None

    @property
    def net(self) -> int:
        """Return what the line adds to the payout."""
        return self.amount - self.fee


@dataclass(frozen=True, slots=True)
class Settlement:
    """A payout to the merchant's bank. ``reference``: what the bank's statement shows."""

    provider_id: str
    amount: int
    currency: str
    is_reversed: bool
    reference: str
    paid_at: datetime
    arrival_on: date


@dataclass(frozen=True, slots=True)
class SettlementPage:
    """Settlements, the oldest first. ``after``: the last one's id if there are more."""

    settlements: Sequence[Settlement]
    after: str | None


class ProcessorError(Exception):
    """The processor did not do it, or nobody knows: ask again with the same key. People read the reason."""


class RefusedByProcessorError(Exception):
    """The processor will never do it. People read the reason."""


class Processor(Protocol):
    """A card processor. Every method raises ProcessorError or RefusedByProcessorError."""

    async def authorise(self, key: str, request: AuthorisationRequest) -> Authorisation:
        """Hold money on a card."""

    async def get_authorisation(self, merchant: str, provider_id: str) -> Authorisation:
        """Get an authorisation as it is now, after 3-D Secure."""

    async def capture(self, key: str, merchant: str, provider_id: str, amount: int) -> Capture:
        """Take money that was held."""

    async def cancel(self, key: str, merchant: str, provider_id: str) -> None:
        """Let go of money that was held."""

    async def refund(
        self, key: str, merchant: str, provider_id: str, amount: int, reference: str
    ) -> RefundResult:
        """Give money back to the card it came from."""

    async def get_refund(self, merchant: str, provider_id: str) -> RefundResult:
        """Get a refund as it is now."""

    async def get_dispute(self, merchant: str, provider_id: str) -> Dispute:
        """Get a dispute as it is now."""

    async def check_credentials(self, secret_key: str) -> str:
        """Ask whose a secret key is: return the id of the merchant's account at the processor."""

    async def register_webhook(self, key: str, merchant: str, url: str, secret: str) -> None:
        """Have notifications of an account sent to a URL, signed with its secret.

        Nothing is done where the council makes that known to the processor itself.
        """

    def read_notification(self, body: bytes, headers: Mapping[str, str], secret: str) -> Notification | None:
        """Read a notification; None if nobody needs it. Raises ForgedNotificationError."""

    async def list_settlements(self, merchant: str, after: str | None) -> SettlementPage:
        """List the payouts that were made after one of them."""

    async def list_settlement_lines(self, merchant: str, provider_id: str) -> Sequence[SettlementLine]:
        """List the lines of a payout: all of them."""
