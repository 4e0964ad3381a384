"""Messages that a capability sends to you: check who sent them before you read them."""

from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

__all__ = ["WebhookVerificationError", "read_webhook"]


def read_webhook(secret: str, headers: Mapping[str, str], body: bytes) -> Any:
    """Check the signature and age of a message (Standard Webhooks), and read its JSON.

    ``secret``: ``whsec_...``, as the subscription's answer had it. Raises WebhookVerificationError.
    """
    return Webhook(secret).verify(body.decode(), dict(headers))
