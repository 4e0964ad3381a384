"""Settings of identity: what every service has, and its keys, limits, e-mail and SMS."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

import chassis.settings

OWASP_MEMORY_KIB = 19_456
"""The least memory of argon2id with two passes (OWASP Password Storage Cheat Sheet)."""


class Settings(chassis.settings.Settings):
    """Settings from the environment, with the prefix ``IDENTITY_``."""

    model_config = SettingsConfigDict(env_prefix="IDENTITY_")

    master_key: SecretStr = Field(
        default=SecretStr(""),
        description="32 random bytes, URL-safe base64: unseals the signing keys in the database",
    )
    key_days: int = Field(default=365, ge=1, le=1096, description="Days an API key is valid")
    key_lead: float = Field(
        default=900, gt=0, description="Seconds a new signing key is published before it signs"
    )
    key_poll: float = Field(default=15, gt=0, description="Seconds between looks for new signing keys")
    jwks_max_age: int = Field(default=300, ge=0, description="Seconds a client may keep the JWKS")
    password_threads: int = Field(
        default=1, ge=1, le=32, description="Passwords hashed at once, each taking password_memory_kib"
    )
    password_memory_kib: int = Field(
        default=OWASP_MEMORY_KIB, ge=8, le=1_048_576, description="Memory of one argon2id hash of two passes"
    )
    issuing_pool_size: int = Field(default=4, ge=1, description="Connections of the token endpoint")

    client_rate: float = Field(default=100, gt=0, description="Requests a second of one client, sustained")
    client_burst: int = Field(default=1_000, ge=1, description="Requests of one client at once")
    sign_in_rate: float = Field(
        default=20,
        gt=0,
        description="Requests for sign-in a second: pushed by one client, or from one network for it",
    )
    sign_in_burst: int = Field(default=400, ge=1, description="Requests for sign-in at once")
    services_per_council: int = Field(default=200, ge=1, description="Services in use, sandbox and live")
    upstreams_per_council: int = Field(default=10, ge=1, description="Upstream providers of a council")
    onelogin_issuers: dict[str, str] = Field(
        default={"https://oidc.account.gov.uk/": "https://identity.account.gov.uk/.well-known/did.json"},
        description="Issuers whose proofs of identity the region accepts, each with its DID document",
    )
    jwks_floor: float = Field(default=60, ge=0, description="Seconds between looks at a client's jwks_uri")
    jwks_age: float = Field(
        default=900, gt=0, description="Seconds after which a client's jwks_uri is read again"
    )

    mail: Literal["none", "sent-messages", "smtp", "notify"] = Field(
        default="none",
        description="How e-mails are sent; sent-messages shows them to everybody instead, so laptops only",
    )
    mail_from: str = Field(default="", description="The address that e-mails come from")
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    notify_url: str = "https://api.notifications.service.gov.uk"
    notify_key: SecretStr = Field(default=SecretStr(""), description="GOV.UK Notify's API key")
    notify_template: str = Field(
        default="", description="Id of the Notify template whose subject is ((subject)) and body ((body))"
    )

    texts: Literal["none", "sent-messages", "notify"] = Field(
        default="none",
        description="How SMS are sent; none: phones are not offered; sent-messages: as for `mail`",
    )
    notify_text_template: str = Field(default="", description="Id of the Notify text template ((body))")
    texts_per_day: int = Field(default=5_000, ge=0, description="SMS a day in all")
    texts_new_per_day: int = Field(
        default=1_000, ge=0, description="SMS a day to numbers not proven yet, which anybody can request"
    )
    texts_abroad_per_day: int = Field(
        default=50, ge=0, description="SMS a day to other countries, which cost more; 0 refuses their numbers"
    )

    @field_validator("mail", "texts", mode="before")
    @classmethod
    def _refuse_old_value(cls, value: object) -> object:
        if value == "outbox":
            raise ValueError("outbox is called sent-messages now")
        return value

    @model_validator(mode="after")
    def _check_mail(self) -> "Settings":
        if self.mail == "sent-messages" and self.issuer.startswith("https://"):
            raise ValueError("mail=sent-messages shows everybody's codes to everybody; not under https")
        if self.mail == "smtp" and not (self.smtp_host and self.mail_from):
            raise ValueError("mail=smtp needs smtp_host and mail_from")
        if self.mail == "notify" and not (self.notify_key.get_secret_value() and self.notify_template):
            raise ValueError("mail=notify needs notify_key and notify_template")
        return self

    @model_validator(mode="after")
    def _check_texts(self) -> "Settings":
        if self.texts == "sent-messages" and self.issuer.startswith("https://"):
            raise ValueError("texts=sent-messages shows everybody's codes to everybody; not under https")
        if self.texts == "notify" and not (self.notify_key.get_secret_value() and self.notify_text_template):
            raise ValueError("texts=notify needs notify_key and notify_text_template")
        return self

    @model_validator(mode="after")
    def _check_password_memory(self) -> "Settings":
        if self.password_memory_kib < OWASP_MEMORY_KIB and self.issuer.startswith("https://"):
            raise ValueError(f"password_memory_kib must be at least {OWASP_MEMORY_KIB} where there is https")
        return self

    @model_validator(mode="after")
    def _check_key_lead(self) -> "Settings":
        if self.key_lead < self.jwks_max_age + 2 * self.key_poll:
            raise ValueError("key_lead must be at least jwks_max_age and two key_poll")
        return self
