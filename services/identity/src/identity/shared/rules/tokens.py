"""The tokens identity signs: what they say and how they are written.

Signatures are deterministic (RFC 6979): the same API key can be written again for a repeated
request without having been stored. joserfc has no such option, so the compact form (RFC 7515
section 7.1) is put together here on ``cryptography``; joserfc reads it.
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
"""By which tokens are refused."""

_ALGORITHM = ec.ECDSA(SHA256(), deterministic_signing=True)
_COORDINATE = 32


@dataclass(frozen=True, slots=True)
class TokenContent:
    """What one token allows. ``issued`` and ``expires`` are Unix seconds.

    ``client_id`` is the credential behind the token: for an API key, the key itself.
    """

    token_id: str
    client_id: str
    scopes: tuple[str, ...]
    councils: tuple[str, ...]
    mode: str
    issued: int
    expires: int


def build_claims(grant: TokenContent, issuer: str, audience: str) -> dict[str, Any]:
    """The claims of a token, always in the same order, so that equal grants are written alike."""
    return {
        "iss": issuer,
        "aud": audience,
        "sub": grant.client_id,
        "client_id": grant.client_id,
        "jti": grant.token_id,
        "iat": grant.issued,
        "exp": grant.expires,
        "scope": " ".join(grant.scopes),
        "councils": list(grant.councils),
        "mode": grant.mode,
    }


def sign_jwt(key: SigningKey, token_type: str, content: dict[str, Any], kid: str = "") -> str:
    """A compact JWS of the claims. Raises LookupError when the key's private half is erased.

    ``kid``: another name of the key, as a DID document has it.
    """
    if key.private is None:
        raise LookupError(f"signing key {key.kid} no longer signs")
    payload = json.dumps(content, separators=(",", ":")).encode()
    message = _encode_header(kid or key.kid, token_type, key.algorithm) + b"." + _encode(payload)
    return (message + b"." + _encode(_sign(key.private, message))).decode()


def _sign(private: PrivateKey, message: bytes) -> bytes:
    """RFC 7518 sections 3.3 and 3.4."""
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
