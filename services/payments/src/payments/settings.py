"""Settings of payments, from the environment: ``PAYMENTS_...``."""

from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.messages import MessageSettings
from chassis.rates import LimitSetting, limit_setting


class Settings(MessageSettings):
    """The settings that every service has, where the sandbox's processor is, and the card pages' limits."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_")

    sandbox_processor_url: str = Field(
        default="", description="Where the simulator of a card processor is; empty: no sandbox payments"
    )
    sandbox_direct_debit_url: str = Field(
        default="",
        description="Where GoCardless's sandbox or its simulator is; empty: no Direct Debit in the sandbox",
    )
    sandbox_direct_debit_pages: str = Field(
        default="https://pay-sandbox.gocardless.com",
        pattern=r"^https?://[^/\s]+$",
        description="Where payers sign in the sandbox, as a URL begins",
    )
    direct_debit_url: str = Field(
        default="https://api.gocardless.com", description="Where GoCardless is, for live Direct Debits"
    )
    direct_debit_pages: str = Field(
        default="https://pay.gocardless.com",
        pattern=r"^https://[^/\s]+$",
        description="Where payers sign live mandates, as a URL begins",
    )
    stripe_api: str = Field(
        default="https://api.stripe.com",
        pattern=r"^(https://[^/\s@?#]+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?)$",
        description="Where Stripe's API is; http for a test on this machine only.",
    )
    limit_card_forms_of_payment: LimitSetting = limit_setting("20/15min", "Card forms sent for a payment")
    limit_cards_from_network: LimitSetting = limit_setting(
        "120/h", "Cards that the processor is asked about, from a network; many people may share one"
    )

    allows_moto_api: bool = Field(
        default=False,
        description="Whether `/v1/auth` takes the numbers of test cards, for accounts that allow it as well",
    )
    limit_auth_requests_for_payment: LimitSetting = limit_setting(
        "20/15min", "Requests to `/v1/auth` for a payment"
    )
    limit_auth_requests_from_network: LimitSetting = limit_setting(
        "1200/h", "Requests to `/v1/auth` from a network: a service's own server, for all its payers"
    )

    notification_origin: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+)?$",
        description="Where processors reach us, as a URL begins; empty: the issuer's origin",
    )

    @property
    def notified_origin(self) -> str:
        """Where processors send notifications, as a URL begins."""
        return self.notification_origin or self.public_origin

    @property
    def public_origin(self) -> str:
        """Where people reach the gateway, as links begin: the issuer's origin."""
        issuer = urlsplit(str(self.issuer))
        return f"{issuer.scheme}://{issuer.netloc}"
