"""Bodies of the API of webhooks."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chassis import ids
from chassis.types import reject_control_characters
from chassis.webhooks.store import Status

_Short = Annotated[
    str, StringConstraints(min_length=1, max_length=100), AfterValidator(reject_control_characters)
]
_Text = Annotated[str, StringConstraints(max_length=200), AfterValidator(reject_control_characters)]
_Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2048),
    Field(description="An https URL on the public internet", examples=["https://example.com/webhooks"]),
]
_EventTypes = Annotated[list[_Short], Field(min_length=1, max_length=50)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewWebhookSubscription(_Request):
    """A subscription to make."""

    url: _Url
    event_types: _EventTypes
    kind: _Short | None = Field(
        default=None, description="The shape of the messages. Leave it out for the service's own"
    )
    scope: _Short | None = Field(
        default=None,
        description="The part of the service to hear of, such as an account. Left out: your only one, or all",
    )
    description: _Text = ""
    enabled: bool = True


class WebhookSubscriptionChange(_Request):
    """What to change; leave out what stays as it is."""

    url: _Url | None = None
    event_types: _EventTypes | None = None
    description: _Text | None = None
    enabled: bool | None = None


class NewWebhookSecret(_Request):
    """How to replace a secret."""

    overlap_hours: int = Field(
        default=24,
        ge=0,
        le=168,
        description="Hours for which messages are signed with the secret before it too. 0 if it has leaked",
    )


class WebhookSubscription(BaseModel):
    """A subscription. Its secret is shown once, when it is made."""

    id: ids.Id
    url: str
    event_types: list[str]
    kind: str
    scope: str | None
    mode: str = Field(description="`sandbox` or `live`, as the credential that made it")
    description: str
    enabled: bool
    failing_since: datetime | None = Field(
        description="No message has been delivered since then, though some were sent. Null if all is well"
    )
    previous_until: datetime | None = Field(
        description="Until then messages are signed with the secret before the current one too"
    )
    created_by: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    version: int


class WebhookSubscriptionWithSecret(WebhookSubscription):
    """A subscription with the secret that its messages are signed with, which is not shown again."""

    secret: str = Field(
        description="Check `webhook-signature` with it (Standard Webhooks)", examples=["whsec_..."]
    )


class WebhookDelivery(BaseModel):
    """A message to a subscription, and how far it is."""

    id: ids.Id = Field(description="The `webhook-id` of the message: the same at every attempt")
    subscription: ids.Id
    event_type: str
    resource: str = Field(description="The id of what the message is about")
    status: Status
    attempts: int = Field(description="How often it was sent so far")
    next_at: datetime | None = Field(description="When it is sent next")
    created_at: datetime
    expires_at: datetime = Field(description="When it is deleted")


class WebhookAttempt(BaseModel):
    """One attempt to deliver a message."""

    n: int
    at: datetime
    status_code: int | None = Field(description="The status of the response. Null if there was none")
    milliseconds: int
    error: str | None = Field(
        description="What went wrong, in a word. Null if it was delivered", examples=["timeout", "status"]
    )


class WebhookDeliveryDetail(WebhookDelivery):
    """A message with its body, as it is sent, and its last hundred attempts, the newest first."""

    body: str
    log: list[WebhookAttempt]
