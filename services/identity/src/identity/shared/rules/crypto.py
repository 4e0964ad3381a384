"""Signing keys: how they are stored, and which of them signs and is published at a moment; client secrets."""

import base64
import hashlib
import hmac
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from joserfc.jwk import ECKey, RSAKey

from chassis import encryption

ES256 = "ES256"
RS256 = "RS256"
ALGORITHMS = (ES256, RS256)
"""ES256 signs everything; RS256 only the ID tokens of clients that registered for it."""
RSA_BITS = 2048
REPEATABLE_SECONDS = 86_400
"""Seconds in which a request with an Idempotency-Key can be repeated."""
GRACE_SECONDS = 60
"""Seconds by which a key or a revocation outlives the last token it matters for: clocks differ a little."""


PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class WrongMasterKeyError(ValueError):
    """The master key in the settings is not the one that sealed this signing key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of the issuer. Times are Unix seconds.

    It is published as soon as it exists, and signs from ``signs_from`` until the next key does.
    ``api_keys_until`` is when the last live API key that it signed expires.
    """

    kid: str
    public: dict[str, Any]
    private: PrivateKey | None
    signs_from: float
    api_keys_until: float | None = None
    algorithm: str = ES256


def parse_master_key(text: str) -> bytes:
    """Parse the master key from URL-safe base64. Raises ValueError unless it is 32 bytes."""
    return encryption.parse_key(text, "the master key")


def derive_subkey(master: bytes, purpose: str) -> bytes:
    """Derive a key for one purpose (HKDF, RFC 5869), so that no two uses share key material."""
    return encryption.derive_key(master, f"townhall identity {purpose}")


def generate_key(algorithm: str = ES256) -> tuple[str, dict[str, Any], bytes]:
    """Generate a key: its id (RFC 7638 thumbprint), the public JWK, the private key as PKCS #8."""
    key = ECKey.generate_key("P-256") if algorithm == ES256 else RSAKey.generate_key(RSA_BITS)
    kid = key.thumbprint()
    public = {"kid": kid, "use": "sig", "alg": algorithm, **key.as_dict(private=False)}
    private = key.private_key
    if private is None:  # pragma: no cover - a key just generated has its private half
        raise ValueError("the generated key has no private half")
    return kid, public, private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def seal_key(key: bytes, kid: str, private: bytes) -> bytes:
    """Seal a private key, bound to its id, so that two rows cannot be exchanged."""
    return encryption.seal(key, private, kid.encode())


def unseal_key(key: bytes, kid: str, sealed: bytes) -> PrivateKey:
    """Unseal a private key. Raises WrongMasterKeyError."""
    try:
        opened = encryption.unseal(key, sealed, kid.encode())
    except encryption.WrongKeyError as error:
        raise WrongMasterKeyError(f"the master key does not open signing key {kid}") from error
    return load_key(opened)


def load_key(private: bytes) -> PrivateKey:
    """Load a private key that was sealed. Raises WrongMasterKeyError.

    What opens is what we sealed, so its primes are not proven again: that would take 30 ms each time.
    """
    key = load_der_private_key(private, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, PrivateKey):
        raise WrongMasterKeyError("a sealed key is neither an elliptic curve nor an RSA key")
    return key


def select_signer(keys: Sequence[SigningKey], now: float, algorithm: str = ES256) -> SigningKey:
    """Select the key that signs at ``now``: the newest whose time has come. Raises LookupError."""
    active = [key for key in keys if key.signs_from <= now and key.algorithm == algorithm]
    if not active:
        raise LookupError("no signing key is in force yet")
    return max(active, key=lambda key: (key.signs_from, key.kid))


def find_pending(keys: Sequence[SigningKey], now: float) -> SigningKey | None:
    """Find the next key, published but not signing yet."""
    return next((key for key in keys if key.signs_from > now), None)


def list_published(keys: Sequence[SigningKey], now: float, token_seconds: int) -> list[SigningKey]:
    """List the keys whose signatures may still be in use, oldest first.

    A retired key stays for the life of its last access token, and for that of its API keys, which last a
    year and are checked offline too.
    """
    return [
        key
        for group in _group_by_algorithm(keys)
        for key, following in zip(group, [*group[1:], None], strict=True)
        if following is None
        or now < max(following.signs_from + token_seconds, key.api_keys_until or 0) + GRACE_SECONDS
    ]


def list_erasable(keys: Sequence[SigningKey], now: float) -> list[str]:
    """List the keys that have not signed for a day: no repeated request can need their signature again."""
    return [
        key.kid
        for group in _group_by_algorithm(keys)
        for key, following in itertools.pairwise(group)
        if following.signs_from + REPEATABLE_SECONDS < now
    ]


def _group_by_algorithm(keys: Sequence[SigningKey]) -> list[list[SigningKey]]:
    """Group the keys by algorithm, oldest first."""
    ordered = sorted(keys, key=lambda key: (key.signs_from, key.kid))
    groups = ([key for key in ordered if key.algorithm == algorithm] for algorithm in ALGORITHMS)
    return [group for group in groups if group]


def derive_client_secret(deriving: bytes, client_id: str, generation: int) -> str:
    """Derive a client's secret (HMAC-SHA256), so that it can be shown again without being stored.

    By the prefix ``ths_`` scanners recognise a leaked one.
    """
    value = hmac.digest(deriving, f"{client_id}:{generation}".encode(), "sha256")
    return "ths_" + base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def hash_secret(secret: str) -> bytes:
    """Hash a secret for the database. It has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def matches_secret(
    secret: str,
    secret_hash: bytes | None,
    previous_hash: bytes | None,
    previous_until: float | None,
    now: float,
) -> bool:
    """Whether it is the client's secret, or the previous one in its overlap. Constant-time."""
    overlap = previous_until is not None and now < previous_until
    current, superseded = matches_hash(secret, secret_hash), matches_hash(secret, previous_hash)
    return current or (superseded and overlap)


def matches_hash(secret: str, secret_hash: bytes | None) -> bool:
    """Whether the hash is the secret's. Constant-time: no hash (``None``) takes as long as a wrong secret."""
    equal = hmac.compare_digest(hash_secret(secret), secret_hash or bytes(32))
    return equal and secret_hash is not None
