"""Verify an upstream's id_token, and read its claims.

OpenID Connect Core 3.1.3.7, RFC 8725.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from identity.accounts.rules import factors
from identity.upstream_login.rules import requests
from identity.upstreams.rules.metadata import Keys

ALGORITHMS: Mapping[str, str] = {"ES256": "EC", "PS256": "RSA", "RS256": "RSA"}
"""The algorithms taken, with the type of key of each. Never ``none`` or a shared secret."""
SKEW = 60
MAX_AGE = 600
"""Seconds for which an id_token is accepted: it comes straight from the provider."""
MAX_LENGTH = 64 * 1024
_MAX_SUBJECT = 255
_PARTS = 3
_MFA = "mfa"  # RFC 8176


class InvalidTokenError(ValueError):
    """A token that is not valid; the text says why, without personal data."""


class UnknownKeyError(InvalidTokenError):
    """The token names a key that is not among those read: it may be newer."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an id_token must contain. ``requested_at``: Unix seconds, if the person had to sign in anew."""

    issuer: str
    client_id: str
    nonce: str
    tenant: str | None = None
    vot: str | None = None
    acr_values: str | None = None
    requested_at: float | None = None


def verify_id_token(
    text: str, keys: Keys, expected: Expected, access_token: str, now: float
) -> dict[str, Any]:
    """Verify an id_token, and get its claims. Raises InvalidTokenError."""
    claims = verify_signature(text, keys, ALGORITHMS)
    if claims.get("iss") != expected.issuer:
        raise InvalidTokenError("iss is another issuer")
    check_audience(claims, expected.client_id)
    check_times(claims, now)
    _check_equal(claims.get("nonce"), expected.nonce, "nonce")
    if "at_hash" in claims:
        _check_equal(claims["at_hash"], _hash_access_token(access_token), "at_hash")
    if expected.tenant is not None and claims.get("tid") != expected.tenant:
        raise InvalidTokenError("tid is another tenant")
    _check_context(claims, expected)
    get_text(claims, "sub")
    return claims


def verify_signature(text: str, keys: Keys, algorithms: Mapping[str, str]) -> dict[str, Any]:
    """Verify that one of these keys signed a JWT, and get its claims. Raises InvalidTokenError."""
    header = _read_header(text)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise InvalidTokenError(f"alg is none of {', '.join(algorithms)}")
    if "crit" in header or (kid is not None and not isinstance(kid, str)):
        raise InvalidTokenError("the header has crit, or a kid that is no text")
    key = _select_key(keys, kid, algorithms[algorithm])
    try:
        claims = jwt.decode(text, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError) as error:
        raise InvalidTokenError("the signature does not hold") from error
    return dict(claims)


def get_subject(claims: Mapping[str, Any], subject_claim: str, tenant: str | None) -> str:
    """Get the subject as links store it: ``sub``, or ``tid/oid`` for a directory with a tenant.

    It is never an e-mail address. Raises InvalidTokenError when the claim is missing.
    """
    text = get_text(claims, subject_claim)
    return f"{tenant}/{text}" if tenant is not None else text


def get_method(claims: Mapping[str, Any], expected: Expected) -> str:
    """Get the method of the sign-in there: two factors, or one unless the token says more."""
    amr = claims.get("amr")
    has_mfa = isinstance(amr, list) and _MFA in amr
    requested = expected.vot is not None or expected.acr_values is not None  # and got it, or it was refused
    two_factors = has_mfa or requested
    return factors.UPSTREAM_TWO if two_factors else factors.UPSTREAM


def get_text(claims: Mapping[str, Any], name: str) -> str:
    """Get a claim that is a short text. Raises InvalidTokenError."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_SUBJECT or not value.isprintable():
        raise InvalidTokenError(f"{name} is missing or no short text")
    return value


def _read_header(text: str) -> dict[str, Any]:
    parts = text.split(".")
    if len(text) > MAX_LENGTH or len(parts) != _PARTS:
        raise InvalidTokenError("it is not a signed JWT, or too long")
    try:
        padded = parts[0] + "=" * (-len(parts[0]) % 4)
        header = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise InvalidTokenError("its header is not JSON") from error
    if not isinstance(header, dict):
        raise InvalidTokenError("its header is not an object")
    return header


def _select_key(keys: Keys, kid: str | None, kind: str) -> ECKey | RSAKey:
    """Select the key it names; without a kid the only one that fits. Keys in the header are ignored."""
    fitting = [key for name, key in keys.items() if kid in (None, name) and key["kty"] == kind]
    if not fitting:
        raise UnknownKeyError("no published key fits its kid and alg")
    if len(fitting) > 1:
        raise InvalidTokenError("it names no key, and several fit")
    jwk: dict[str, str | list[str]] = dict(fitting[0])
    return ECKey.import_key(jwk) if kind == "EC" else RSAKey.import_key(jwk)


def check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """Check that a token is for us (``aud``, ``azp``). Raises InvalidTokenError."""
    audience, party = claims.get("aud"), claims.get("azp")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise InvalidTokenError("aud is another client")
    if (len(audiences) > 1 or party is not None) and party != client_id:
        raise InvalidTokenError("azp is another client")


def check_times(claims: Mapping[str, Any], now: float) -> None:
    """Check that a token was issued just now and has not expired. Raises InvalidTokenError."""
    expires, issued = get_numeric_date(claims, "exp"), get_numeric_date(claims, "iat")
    if expires is None or not expires > now - SKEW:
        raise InvalidTokenError("exp is missing or over")
    if issued is None or not now - MAX_AGE <= issued <= now + SKEW:
        raise InvalidTokenError("iat is missing, ahead or too long ago")
    begins = get_numeric_date(claims, "nbf")
    if "nbf" in claims and (begins is None or begins > now + SKEW):
        raise InvalidTokenError("nbf lies ahead")


def get_numeric_date(claims: Mapping[str, Any], name: str) -> float | None:
    """Get a NumericDate; None for anything else. NaN compares false and so is refused."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def _check_context(claims: Mapping[str, Any], expected: Expected) -> None:
    """Check how and when the person signed in there."""
    if expected.vot is not None and claims.get("vot") != requests.CREDENTIALS:
        raise InvalidTokenError("vot is not what was asked")
    if expected.acr_values and claims.get("acr") not in expected.acr_values.split():
        raise InvalidTokenError("acr is not what was asked")
    if expected.requested_at is not None and "auth_time" in claims:
        signed_in = get_numeric_date(claims, "auth_time")
        if signed_in is None or signed_in < expected.requested_at - SKEW:
            raise InvalidTokenError("auth_time is before we asked to sign in anew")


def _check_equal(value: Any, expected: str, name: str) -> None:
    if not isinstance(value, str) or not hmac.compare_digest(value.encode(), expected.encode()):
        raise InvalidTokenError(f"{name} is not ours")


def _hash_access_token(access_token: str) -> str:
    """Hash an access token for at_hash; all algorithms taken use SHA-256."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
