"""Our credentials at upstreams: keys of our own, or the secret that the provider gave."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey

from chassis import clock, ids
from chassis.database import ReadSession, Session
from chassis.encryption import WrongKeyError
from chassis.problems import Problem, not_found
from identity.settings import Settings
from identity.shared.rules import crypto
from identity.upstreams.rules import sealed_keys
from identity.upstreams.rules.upstream import Upstream
from identity.upstreams.store import keys as store
from identity.upstreams.store import upstreams

_OVERLAP = timedelta(hours=1)
"""How long a key stays published after it signed last: what it signed is valid for minutes."""


def _sealing_key(settings: Settings) -> bytes:
    return crypto.derive_subkey(crypto.parse_master_key(settings.master_key.get_secret_value()), "upstreams")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A new RSA key. ``public`` is a JWK, ``private`` what is sealed for the database."""

    kid: str
    public: dict[str, Any]
    private: bytes


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key as it is read from the database; see ``import_key``."""

    kid: str
    private: bytes


async def generate_key() -> KeyPair:
    """Generate a key in a thread. Call it before a transaction: it takes a good part of a second."""
    return KeyPair(*await asyncio.to_thread(crypto.generate_key, crypto.RS256))


def import_key(key: SigningKey) -> RSAKey:
    """Import a private key. Raises WrongMasterKeyError."""
    private = crypto.load_key(key.private)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise crypto.WrongMasterKeyError(f"the key {key.kid} is not an RSA key")
    return RSAKey(private, key.private, {"kid": key.kid, "alg": crypto.RS256})


async def get_signing_key(session: ReadSession, settings: Settings, upstream: Upstream) -> SigningKey:
    """Get the private key that signs at this upstream now (RS256). Raises Problem 503."""
    now = _now()
    rows = await store.list_keys(session, upstream.council, upstream.id, now)
    signing = [row for row in rows if row.signs_from <= now]
    if not signing:
        detail = "There is no key yet with which to show this provider who we are. Make one."
        raise Problem(503, "no-upstream-key", detail)
    row = signing[-1]
    return SigningKey(row.kid, _open(settings, upstream.id, row.kid, row.sealed))


def open_secret(settings: Settings, upstream: Upstream) -> str:
    """Open the client secret that the provider gave. Raises ValueError for an upstream with keys."""
    if upstream.secret_sealed is None:
        raise ValueError("this upstream has keys, no secret")
    return _open(settings, upstream.id, sealed_keys.SECRET, upstream.secret_sealed).decode()


def seal_secret(settings: Settings, upstream_id: UUID, secret: str) -> bytes:
    """Seal a client secret for the database."""
    return sealed_keys.seal(_sealing_key(settings), upstream_id, sealed_keys.SECRET, secret.encode())


async def create_key(
    session: Session, settings: Settings, council: str, upstream_id: UUID, key: KeyPair, lead: timedelta
) -> None:
    """Add a key that was generated. It is published from now on, and signs after ``lead``.

    The existing keys sign until then. Without a lead they are withdrawn at once: one of them has leaked.
    """
    now = _now()
    signs_from = now + lead
    await store.retire_keys(session, council, upstream_id, signs_from + _OVERLAP if lead else now)
    values = {
        "upstream": upstream_id,
        "kid": key.kid,
        "public": key.public,
        "sealed": sealed_keys.seal(_sealing_key(settings), upstream_id, key.kid, key.private),
        "created_at": now,
        "signs_from": signs_from,
    }
    await store.insert_key(session, council, values)


async def list_public_keys(session: ReadSession, council: str, upstream_id: UUID) -> list[dict[str, Any]]:
    """List the public keys (JWKs) that the provider checks our signatures with. Raises Problem 404."""
    if await upstreams.get_upstream(session, council, upstream_id) is None:
        raise not_found("upstream with this id")
    return [row.public for row in await store.list_keys(session, council, upstream_id, _now())]


async def purge_keys(session: Session, most: int) -> int:
    """Delete a batch of keys that are no longer published. The session sees every council."""
    return await store.purge_keys(session, _now(), most)


def _open(settings: Settings, upstream_id: UUID, name: str, sealed: bytes) -> bytes:
    try:
        return sealed_keys.unseal(_sealing_key(settings), upstream_id, name, sealed)
    except WrongKeyError as error:
        raise crypto.WrongMasterKeyError(
            f"the master key does not open what upstream {ids.show(upstream_id)} keeps"
        ) from error


def _now() -> datetime:
    return clock.now()
