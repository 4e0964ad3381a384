"""The sandbox's cards: their numbers, and the names by which the simulator knows them.

Source: GOV.UK Pay's test cards. No other number is ever taken, so that no real card reaches us; what is
passed on and kept is the name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CorporateCard = Literal["credit", "debit"]
"""A corporate card that is credit or debit for certain, and not prepaid."""


@dataclass(frozen=True, slots=True)
class SandboxCard:
    """A card of the sandbox. ``cvc_length``: 4 for American Express."""

    name: str
    cvc_length: int = 3

    @property
    def corporate(self) -> CorporateCard | None:
        """Return what a corporate card is; None for a prepaid one and for all others."""
        if "-corporate-credit" in self.name:
            return "credit"
        return "debit" if "-corporate-debit" in self.name else None


def _cards(**names: str) -> Mapping[str, SandboxCard]:
    return {
        number.removeprefix("n"): SandboxCard(name, 4 if name.startswith("amex") else 3)
        for number, name in names.items()
    }


ACCEPTED = _cards(
    n4242424242424242="visa-credit",
    n4444333322221111="visa-credit-2",
    n4917610000000000003="visa-credit-19",
    n4000056655665556="visa-debit",
    n371449635398431="amex-credit",
    n3566002020360505="jcb-credit",
    n6011000990139424="discover-credit",
    n36148900647913="diners-credit",
    n222100000000000="mastercard-credit-15",
    n4000000000000010="visa-unknown-type",
    n4000160000000004="visa-prepaid",
    n4000020000000000="visa-debit-2",
    n4988080000000000="visa-corporate-credit",
    n4111111111111111="visa-corporate-credit-2",
    n4293189100000008="visa-corporate-debit",
    n5101180000000007="mastercard-corporate-credit",
    n4131840000000003="visa-corporate-prepaid-debit",
    n4000180000000002="visa-corporate-prepaid-credit",
    n5200828282828210="mastercard-corporate-debit",
    n4000000000000002="declined",
    n4000000000000069="declined-expired",
    n4000000000000127="declined-cvc",
    n4000000000000119="processing-error",
    n5105105105105100="recurring-declined",
    n6759649826438453="maestro-not-accepted",
    n4000002500003155="three-d-secure",
    n4000000000000259="dispute-lost",
    n4000000000002685="dispute-won",
    n4000002760003184="setup-three-d-secure-then-declined",
    n4000000000009995="setup-refused",
)
"""By number, digits only."""
NOT_TAKEN = "maestro-not-accepted"
"""The card of a brand that accounts do not take."""
