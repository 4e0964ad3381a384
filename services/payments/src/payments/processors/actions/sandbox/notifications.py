"""Read the simulator's notifications: JSON, signed by the Standard Webhooks convention."""

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from payments.processors.rules import ForgedNotificationError, Notification, Topic

_ID = Field(default="", max_length=255)


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = _ID
    authorisation: str = _ID


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str = Field(max_length=100)
    data: _Data


def read_notification(body: bytes, headers: Mapping[str, str], secret: str) -> Notification | None:
    """Check a notification's signature and age, and read what it is about.

    None for what nobody needs. Raises ForgedNotificationError.
    """
    try:
        Webhook(secret).verify(body, dict(headers))
    except json.JSONDecodeError:  # signed, and no JSON
        return None
    except (WebhookVerificationError, ValueError, UnicodeError) as error:
        raise ForgedNotificationError(str(error)) from error
    try:
        message = _Message.model_validate_json(body)
        topic = Topic(message.type.partition(".")[0])
    except (ValidationError, ValueError):
        return None
    provider_id = message.data.authorisation if topic is Topic.CAPTURE else message.data.id
    return Notification(topic, provider_id) if provider_id else None
