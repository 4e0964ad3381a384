"""Seal our keys and secrets for upstreams, bound to the upstream and to the name of each."""

from uuid import UUID

from chassis import encryption

SECRET = "secret"  # noqa: S105 - the name of the place, where keys have their kid
"""The name under which a client secret is sealed."""


def seal(key: bytes, upstream: UUID, name: str, plain: bytes) -> bytes:
    """Seal a key or secret, bound to the row, so that two rows cannot be exchanged."""
    return encryption.seal(key, plain, upstream.bytes + name.encode())


def unseal(key: bytes, upstream: UUID, name: str, sealed: bytes) -> bytes:
    """Open it. Raises WrongKeyError when another master key, or another row, sealed it."""
    return encryption.unseal(key, sealed, upstream.bytes + name.encode())
