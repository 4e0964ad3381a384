"""The simulator's keys: one set for tokens, one for proofs of identity; and what strangers sign."""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from simulators.openid_provider.faults import How

_BITS = 2048
Key = ECKey | RSAKey


def new_key(algorithm: str, prefix: str = "") -> Key:
    """A signing key for ES256 or RS256, its kid beginning with ``prefix``."""
    options: Any = {"kid": f"{prefix}{secrets.token_hex(8)}", "use": "sig", "alg": algorithm}
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", options)
    return RSAKey.generate_key(_BITS, options)


class Keys:
    """Keys of one purpose: per algorithm the newest signs, and every one of the list is published."""

    def __init__(self, *algorithms: str) -> None:
        self._algorithms = algorithms
        self._made: dict[str, list[Key]] = {}

    def of(self, algorithm: str) -> list[Key]:
        """Made when first asked for: an RSA key takes a while."""
        return self._made.setdefault(algorithm, [new_key(algorithm)])

    def rotate(self, *, overlap: bool = True) -> None:
        """New keys sign from now on; the old ones stay published where they overlap."""
        for algorithm in self._algorithms:
            kept = self.of(algorithm) if overlap else []
            self._made[algorithm] = [new_key(algorithm), *kept]

    def published(self) -> list[dict[str, Any]]:
        """The public halves as JWKs."""
        return [dict(key.as_dict(private=False)) for name in self._algorithms for key in self.of(name)]

    def sign(self, claims: Mapping[str, Any], algorithm: str, how: How = "own", kid_prefix: str = "") -> str:
        """A JWT; see ``How`` for who signs it."""
        key = self.of(algorithm)[0]
        header = {"alg": algorithm, "typ": "JWT", "kid": f"{kid_prefix}{key.kid}"}
        if how in ("none", "hmac"):
            return _forged(claims, header, key, how)
        if how == "unknown":
            header["kid"] = f"{kid_prefix}nobodys-key"
        signer = key if how == "own" else new_key(algorithm)
        return jwt.encode(header, dict(claims), signer, algorithms=[algorithm])


def _forged(claims: Mapping[str, Any], header: Mapping[str, Any], key: Key, how: How) -> str:
    """What a library that believes the header takes for signed: by hand, since ours will not make it."""
    text = f"{_part({**header, 'alg': 'none' if how == 'none' else 'HS256'})}.{_part(claims)}"
    if how == "none":
        return f"{text}."
    return f"{text}.{base64url(hmac.digest(key.as_pem(private=False), text.encode(), 'sha256'))}"


def _part(value: Mapping[str, Any]) -> str:
    return base64url(json.dumps(dict(value)).encode())


def base64url(raw: bytes) -> str:
    """Without the padding (RFC 7515)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
