"""Test cards, by the names under which callers use them, with the first six digits and last four."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["authorised", "declined", "error", "three_d_secure_required"]


@dataclass(frozen=True, slots=True)
class Card:
    """A test card: what a receipt shows of it, and how it behaves.

    ``recurring``: the outcome of later payments of an agreement, with its code if they are declined.
    ``dispute``: how a dispute of each of its payments ends.
    """

    brand: str
    type: Literal["credit", "debit"] | None
    first_digits: str
    last_digits: str
    corporate: bool = False
    prepaid: bool = False
    outcome: Outcome = "authorised"
    code: str | None = None
    recurring: Outcome = "authorised"
    recurring_code: str = "card_declined"
    dispute: Literal["won", "lost"] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the API shows of the card."""
        names = ("brand", "type", "first_digits", "last_digits", "corporate", "prepaid")
        return {name: getattr(self, name) for name in names}


_VISA, _MASTERCARD = "visa", "master-card"

CARDS: Mapping[str, Card] = {
    "visa-credit": Card(_VISA, "credit", "424242", "4242"),
    "visa-credit-2": Card(_VISA, "credit", "444433", "1111"),
    "visa-credit-19": Card(_VISA, "credit", "491761", "0003"),
    "visa-debit": Card(_VISA, "debit", "400005", "5556"),
    "visa-debit-2": Card(_VISA, "debit", "400002", "0000"),
    "amex-credit": Card("american-express", "credit", "371449", "8431"),
    "jcb-credit": Card("jcb", "credit", "356600", "0505"),
    "discover-credit": Card("discover", "credit", "601100", "0424"),
    "diners-credit": Card("diners-club", "credit", "361489", "7913"),
    "mastercard-credit-15": Card(_MASTERCARD, "credit", "222100", "0000"),
    "visa-unknown-type": Card(_VISA, None, "400000", "0010"),
    "visa-prepaid": Card(_VISA, "debit", "400016", "0004", prepaid=True),
    "visa-corporate-credit": Card(_VISA, "credit", "498808", "0000", corporate=True),
    "visa-corporate-credit-2": Card(_VISA, "credit", "411111", "1111", corporate=True),
    "visa-corporate-debit": Card(_VISA, "debit", "429318", "0008", corporate=True),
    "mastercard-corporate-credit": Card(_MASTERCARD, "credit", "510118", "0007", corporate=True),
    "visa-corporate-prepaid-debit": Card(_VISA, "debit", "413184", "0003", corporate=True, prepaid=True),
    "visa-corporate-prepaid-credit": Card(_VISA, "credit", "400018", "0002", corporate=True, prepaid=True),
    "mastercard-corporate-debit": Card(_MASTERCARD, "debit", "520082", "8210", corporate=True),
    "declined": Card(_VISA, "credit", "400000", "0002", outcome="declined", code="card_declined"),
    "declined-expired": Card(_VISA, "credit", "400000", "0069", outcome="declined", code="expired_card"),
    "declined-cvc": Card(_VISA, "credit", "400000", "0127", outcome="declined", code="incorrect_cvc"),
    "processing-error": Card(_VISA, "credit", "400000", "0119", outcome="error", code="processing_error"),
    "recurring-declined": Card(_MASTERCARD, "credit", "510510", "5100", recurring="declined"),
    "maestro-not-accepted": Card(
        "maestro", "debit", "675964", "8453", outcome="declined", code="card_not_accepted"
    ),
    "three-d-secure": Card(_VISA, "credit", "400000", "3155", outcome="three_d_secure_required"),
    "dispute-lost": Card(_VISA, "credit", "400000", "0259", dispute="lost"),
    "dispute-won": Card(_VISA, "credit", "400000", "2685", dispute="won"),
    "setup-three-d-secure-then-declined": Card(
        _VISA,
        "credit",
        "400000",
        "3184",
        outcome="three_d_secure_required",
        recurring="declined",
        recurring_code="authentication_required",
    ),
    "setup-refused": Card(_VISA, "credit", "400000", "9995", outcome="declined", code="insufficient_funds"),
}
