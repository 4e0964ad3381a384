"""The keys that sign tokens and proofs of identity, and the forged signatures of the faults."""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from simulators.openid_provider.faults import Signature

_RSA_BITS = 2048
Key = ECKey | RSAKey


def new_key(algorithm: str) -> Key:
    """Generate a signing key for ES256 or RS256."""
    options: Any = {"kid": secrets.token_hex(8), "use": "sig", "alg": algorithm}
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", options)
    return RSAKey.generate_key(_RSA_BITS, options)


class SigningKeys:
    """The keys of one purpose. Of each algorithm the newest signs, and all are published."""

    def __init__(self, *algorithms: str) -> None:
        self._algorithms = algorithms
        self._keys: dict[str, list[Key]] = {}

    def of(self, algorithm: str) -> list[Key]:
        """Return the keys of an algorithm, newest first; generated on first use, as RSA takes a while."""
        if algorithm not in self._keys:
            self._keys[algorithm] = [new_key(algorithm)]
        return self._keys[algorithm]

    def rotate(self, *, overlap: bool = True) -> None:
        """Sign with new keys from now on. The old ones stay published if they overlap."""
        for algorithm in self._algorithms:
            old = self.of(algorithm) if overlap else []
            self._keys[algorithm] = [new_key(algorithm), *old]

    def published(self) -> list[dict[str, Any]]:
        """Return the public halves as JWKs."""
        return [dict(key.as_dict(private=False)) for name in self._algorithms for key in self.of(name)]

    def sign(
        self, claims: Mapping[str, Any], algorithm: str, signature: Signature = "own", kid_prefix: str = ""
    ) -> str:
        """Sign a JWT, or forge one: see ``Signature``."""
        key = self.of(algorithm)[0]
        header = {"alg": algorithm, "typ": "JWT", "kid": f"{kid_prefix}{key.kid}"}
        if signature in ("none", "hmac"):
            return _forge(claims, header, key, signature)
        if signature == "unknown":
            header["kid"] = f"{kid_prefix}nobodys-key"
        signer = key if signature == "own" else new_key(algorithm)
        return jwt.encode(header, dict(claims), signer, algorithms=[algorithm])


def _forge(claims: Mapping[str, Any], header: Mapping[str, Any], key: Key, signature: Signature) -> str:
    """Build a token that passes where a library trusts the header's ``alg``. Ours refuses to make one."""
    algorithm = "none" if signature == "none" else "HS256"
    text = f"{_encode_part({**header, 'alg': algorithm})}.{_encode_part(claims)}"
    if signature == "none":
        return f"{text}."
    return f"{text}.{base64url(hmac.digest(key.as_pem(private=False), text.encode(), 'sha256'))}"


def _encode_part(members: Mapping[str, Any]) -> str:
    return base64url(json.dumps(dict(members)).encode())


def base64url(data: bytes) -> str:
    """Encode without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
