"""Seal our keys and secrets for upstreams, bound to the upstream and to the name of each."""

import os
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.shared.rules.crypto import NONCE_BYTES

SECRET = "secret"  # noqa: S105 - the name of the place, where keys have their kid
"""The name under which a client secret is sealed."""


def seal(key: bytes, upstream: UUID, name: str, plain: bytes) -> bytes:
    """Seal with AES-256-GCM, bound to the row, so that two rows cannot be exchanged."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, _associated_data(upstream, name))


def unseal(key: bytes, upstream: UUID, name: str, sealed: bytes) -> bytes:
    """Unseal. Raises InvalidTag when another master key, or another row, sealed it."""
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _associated_data(upstream, name))


def _associated_data(upstream: UUID, name: str) -> bytes:
    return upstream.bytes + name.encode()
