"""Settings of a service that sends messages: by which way e-mails and SMS go."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

import chassis.settings


class MessageSettings(chassis.settings.Settings):
    """The settings of a service with ``Service.messages``; its own subclass this."""

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

    @field_validator("mail", "texts", mode="before")
    @classmethod
    def _refuse_old_value(cls, value: object) -> object:
        if value == "outbox":
            raise ValueError("outbox is called sent-messages now")
        return value

    @model_validator(mode="after")
    def _check_mail(self) -> "MessageSettings":
        if self.mail == "sent-messages" and self.issuer.startswith("https://"):
            raise ValueError("mail=sent-messages shows everybody's messages to everybody; not under https")
        if self.mail == "smtp" and not (self.smtp_host and self.mail_from):
            raise ValueError("mail=smtp needs smtp_host and mail_from")
        if self.mail == "notify" and not (self.notify_key.get_secret_value() and self.notify_template):
            raise ValueError("mail=notify needs notify_key and notify_template")
        return self

    @model_validator(mode="after")
    def _check_texts(self) -> "MessageSettings":
        if self.texts == "sent-messages" and self.issuer.startswith("https://"):
            raise ValueError("texts=sent-messages shows everybody's messages to everybody; not under https")
        if self.texts == "notify" and not (self.notify_key.get_secret_value() and self.notify_text_template):
            raise ValueError("texts=notify needs notify_key and notify_text_template")
        return self
