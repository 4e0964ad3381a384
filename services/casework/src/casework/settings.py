"""Settings of casework, from the environment: ``CASEWORK_...``."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.blobs import BlobSettings
from chassis.messages import MessageSettings
from chassis.rates import GuessLimitSetting, LimitSetting, limit_setting

MAX_ATTACHMENT = 104_857_600
"""The most bytes that ``attachment_bytes`` may be; the gateway streams uploads and counts none."""
UPLOAD_SECONDS = 600


class Settings(BlobSettings, MessageSettings):
    """The settings that every service has, those of messages, and of files: where, how many, how large."""

    model_config = SettingsConfigDict(env_prefix="CASEWORK_")

    attachment_bytes: int = Field(
        default=20_000_000, ge=1, le=MAX_ATTACHMENT, description="Largest attachment of a case, bytes"
    )
    attachment_count: int = Field(
        default=50, ge=1, le=1_000, description="Most attachments of a case, and of a submission before it"
    )
    place_page: str = Field(
        default="/{council}/mapping/pin",
        description="Page on which staff find a place, and which leads back to `return`; empty: none",
    )
    limit_lookups_from_network: GuessLimitSetting = limit_setting("30/h", "Look-ups of guests from a network")
    limit_lookups_of_case: GuessLimitSetting = limit_setting("10/h", "Look-ups of guests of one reference")
    limit_messages_of_person: LimitSetting = limit_setting("20/h", "Messages of a person about their cases")
    attachment_seconds: float = Field(
        default=UPLOAD_SECONDS,
        gt=0,
        le=UPLOAD_SECONDS,
        description="Longest that the upload of an attachment may take, seconds",
    )
