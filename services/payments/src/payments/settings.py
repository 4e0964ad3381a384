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
    limit_card_forms_of_payment: LimitSetting = limit_setting("20/15min", "Card forms sent for a payment")
    limit_cards_from_network: LimitSetting = limit_setting(
        "120/h", "Cards that the processor is asked about, from a network; many people may share one"
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
