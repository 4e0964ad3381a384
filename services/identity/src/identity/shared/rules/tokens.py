"""Access tokens of clients and API keys: their claims, and the signing of all tokens.

Signatures are deterministic (RFC 6979), so the same API key can be signed again for a repeated request
without being stored. joserfc cannot do that, so the compact form (RFC 7515 section 7.1) is built here on
``cryptography``; joserfc reads it.
"""

import base64
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from identity.shared.rules.crypto import PrivateKey, SigningKey

ACCESS_SECONDS = 600
ACCESS_TYPE = "at+jwt"
"""RFC 9068."""
KEY_TYPE = "key+jwt"
ALL_COUNCILS = "*"
Mode = Literal["sandbox", "live"]
Claim = Literal["jti", "client_id", "sub", "mandate"]
"""The claims by which tokens are revoked."""

_ALGORITHM = ec.ECDSA(SHA256(), deterministic_signing=True)
_COORDINATE = 32


@dataclass(frozen=True, slots=True)
class TokenContent:
    """What a token of a client, or an API key, allows. ``issued`` and ``expires`` are Unix seconds.

    ``client_id`` is the credential behind the token: for an API key, the key itself.
    """

    token_id: str
    client_id: str
    scopes: tuple[str, ...]
    councils: tuple[str, ...]
    mode: str
    issued: int
    expires: int


def build_claims(token: TokenContent, issuer: str, audience: str) -> dict[str, Any]:
    """Build the claims, always in the same order, so that equal content gives equal tokens."""
    return {
        "iss": issuer,
        "aud": audience,
        "sub": token.client_id,
        "client_id": token.client_id,
        "jti": token.token_id,
        "iat": token.issued,
        "exp": token.expires,
        "scope": " ".join(token.scopes),
        "councils": list(token.councils),
        "mode": token.mode,
    }


def sign_jwt(key: SigningKey, token_type: str, content: dict[str, Any], kid: str = "") -> str:
    """Sign claims as a compact JWS. Raises LookupError when the key's private half is erased.

    ``kid``: another name of the key, as a DID document has it.
    """
    if key.private is None:
        raise LookupError(f"signing key {key.kid} no longer signs")
    payload = json.dumps(content, separators=(",", ":")).encode()
    message = _encode_header(kid or key.kid, token_type, key.algorithm) + b"." + _encode(payload)
    return (message + b"." + _encode(_sign(key.private, message))).decode()


def _sign(private: PrivateKey, message: bytes) -> bytes:
    """Sign a message (RFC 7518 sections 3.3 and 3.4)."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        first, second = decode_dss_signature(private.sign(message, _ALGORITHM))
        return first.to_bytes(_COORDINATE) + second.to_bytes(_COORDINATE)
    return private.sign(message, padding.PKCS1v15(), SHA256())


@lru_cache(maxsize=64)
def _encode_header(kid: str, token_type: str, algorithm: str) -> bytes:
    header = {"alg": algorithm, "typ": token_type, "kid": kid}
    return _encode(json.dumps(header, separators=(",", ":")).encode())


def _encode(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")
