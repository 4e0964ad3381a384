"""Secrets of subscriptions and signatures with them, by the convention Standard Webhooks."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook

from chassis import encryption
from chassis.settings import Settings

_SECRET_BYTES = 32
_PURPOSE = "townhall webhook secrets"


def create_secret() -> str:
    """Create a secret as Standard Webhooks writes it: ``whsec_`` and base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def read_sealing_key(settings: Settings) -> bytes:
    """Read the key that seals secrets. Raises ValueError, which names the variable to set."""
    name = f"{settings.model_config.get('env_prefix', '')}SEALING_KEY"
    text = settings.sealing_key.get_secret_value()
    if not text:
        raise ValueError(f"{name} is not set; give it 32 random bytes as URL-safe base64")
    return encryption.derive_key(encryption.parse_key(text, name), _PURPOSE)


def seal_secret(settings: Settings, subscription: UUID, secret: str) -> bytes:
    """Seal a secret for the row of its subscription."""
    return encryption.seal(read_sealing_key(settings), secret.encode(), subscription.bytes)


def open_secret(settings: Settings, subscription: UUID, sealed: bytes) -> str:
    """Open a subscription's secret. Raises WrongKeyError."""
    return encryption.unseal(read_sealing_key(settings), sealed, subscription.bytes).decode()


def sign(message_id: str, now: datetime, body: str, secrets_: Sequence[str]) -> Mapping[str, str]:
    """Sign a body with each secret: a receiver needs to know one of them."""
    signatures = [Webhook(secret).sign(message_id, now, body) for secret in secrets_]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
