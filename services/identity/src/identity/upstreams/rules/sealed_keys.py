"""How what opens an upstream is kept: sealed, and bound to the upstream and to what it is."""

import os
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.shared.rules.crypto import NONCE_BYTES

SECRET = "secret"  # noqa: S105 - the name of the place, where keys have their kid
"""What a client secret is bound to besides the upstream."""


def seal(sealing: bytes, upstream: UUID, name: str, plain: bytes) -> bytes:
    """AES-256-GCM. Bound to its row, so that two rows cannot be exchanged; not to the council's slug."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(sealing).encrypt(nonce, plain, _row(upstream, name))


def unseal(sealing: bytes, upstream: UUID, name: str, sealed: bytes) -> bytes:
    """Raises InvalidTag when another master key, or another row, sealed it."""
    return AESGCM(sealing).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _row(upstream, name))


def _row(upstream: UUID, name: str) -> bytes:
    return upstream.bytes + name.encode()
