"""What another provider says of somebody: its id_token, checked in every point.

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
"""Each with the type of key it needs. Neither ``none`` nor a shared secret, whatever the header says."""
SKEW = 60
OLDEST = 600
"""Seconds since an id_token was issued: it comes straight from the provider."""
MAX_LENGTH = 64 * 1024
_MAX_SUBJECT = 255
_PARTS = 3
_SEVERAL = "mfa"  # RFC 8176


class RefusedError(ValueError):
    """A token that does not hold; the text says why, with nothing of the person in it."""


class UnknownKeyError(RefusedError):
    """It names a key that is not among the published ones: perhaps a newer one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an id_token must say. ``asked_at`` in Unix seconds, where the person had to sign in anew."""

    issuer: str
    client_id: str
    nonce: str
    tenant: str | None = None
    vot: str | None = None
    acr_values: str | None = None
    asked_at: float | None = None


def id_token(text: str, keys: Keys, expected: Expected, access_token: str, now: float) -> dict[str, Any]:
    """The claims of an id_token that holds. Raises RefusedError."""
    found = signed(text, keys, ALGORITHMS)
    if found.get("iss") != expected.issuer:
        raise RefusedError("iss is another issuer")
    check_audience(found, expected.client_id)
    check_times(found, now)
    _same(found.get("nonce"), expected.nonce, "nonce")
    if "at_hash" in found:
        _same(found["at_hash"], _half(access_token), "at_hash")
    if expected.tenant is not None and found.get("tid") != expected.tenant:
        raise RefusedError("tid is another tenant")
    _how(found, expected)
    text_of(found, "sub")
    return found


def signed(text: str, keys: Keys, algorithms: Mapping[str, str]) -> dict[str, Any]:
    """The claims of a JWT that one of these keys signed. Raises RefusedError."""
    header = _header(text)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise RefusedError(f"alg is none of {', '.join(algorithms)}")
    if "crit" in header or (kid is not None and not isinstance(kid, str)):
        raise RefusedError("the header has crit, or a kid that is no text")
    key = _key(keys, kid, algorithms[algorithm])
    try:
        found = jwt.decode(text, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError) as error:
        raise RefusedError("the signature does not hold") from error
    return dict(found)


def subject(found: Mapping[str, Any], subject_claim: str, tenant: str | None) -> str:
    """Who it is, as links keep it: ``sub``, or for a directory of several tenants ``tid/oid``.

    Raises RefusedError when the claim is missing. An e-mail address is never it.
    """
    own = text_of(found, subject_claim)
    return f"{tenant}/{own}" if tenant is not None else own


def method(found: Mapping[str, Any], expected: Expected) -> str:
    """How sure the provider was: two factors, or one as far as it says."""
    amr = found.get("amr")
    several = isinstance(amr, list) and _SEVERAL in amr
    asked = expected.vot is not None or expected.acr_values is not None  # and got it, or it was refused
    two = several or asked
    return factors.UPSTREAM_TWO if two else factors.UPSTREAM


def text_of(found: Mapping[str, Any], name: str) -> str:
    """A claim that is a short text. Raises RefusedError."""
    value = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_SUBJECT or not value.isprintable():
        raise RefusedError(f"{name} is missing or no short text")
    return value


def _header(text: str) -> dict[str, Any]:
    parts = text.split(".")
    if len(text) > MAX_LENGTH or len(parts) != _PARTS:
        raise RefusedError("it is not a signed JWT, or too long")
    try:
        padded = parts[0] + "=" * (-len(parts[0]) % 4)
        header = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise RefusedError("its header is not JSON") from error
    if not isinstance(header, dict):
        raise RefusedError("its header is not an object")
    return header


def _key(keys: Keys, kid: str | None, kind: str) -> ECKey | RSAKey:
    """The key it names; without a kid the only one that fits. Keys in the header itself are not looked at."""
    fitting = [key for name, key in keys.items() if kid in (None, name) and key["kty"] == kind]
    if not fitting:
        raise UnknownKeyError("no published key fits its kid and alg")
    if len(fitting) > 1:
        raise RefusedError("it names no key, and several fit")
    jwk: dict[str, str | list[str]] = dict(fitting[0])
    return ECKey.import_key(jwk) if kind == "EC" else RSAKey.import_key(jwk)


def check_audience(found: Mapping[str, Any], client_id: str) -> None:
    """That a token is for us (``aud``, ``azp``). Raises RefusedError."""
    audience, party = found.get("aud"), found.get("azp")
    several = audience if isinstance(audience, list) else [audience]
    if client_id not in several:
        raise RefusedError("aud is another client")
    if (len(several) > 1 or party is not None) and party != client_id:
        raise RefusedError("azp is another client")


def check_times(found: Mapping[str, Any], now: float) -> None:
    """That a token was issued just now and has not expired. Raises RefusedError."""
    expires, issued = moment(found, "exp"), moment(found, "iat")
    if expires is None or not expires > now - SKEW:
        raise RefusedError("exp is missing or over")
    if issued is None or not now - OLDEST <= issued <= now + SKEW:
        raise RefusedError("iat is missing, ahead or too long ago")
    begins = moment(found, "nbf")
    if "nbf" in found and (begins is None or begins > now + SKEW):
        raise RefusedError("nbf lies ahead")


def moment(found: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate; None for anything else. NaN compares false and so is refused."""
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def _how(found: Mapping[str, Any], expected: Expected) -> None:
    """How the person signed in there."""
    if expected.vot is not None and found.get("vot") != requests.CREDENTIALS:
        raise RefusedError("vot is not what was asked")
    if expected.acr_values and found.get("acr") not in expected.acr_values.split():
        raise RefusedError("acr is not what was asked")
    if expected.asked_at is not None and "auth_time" in found:
        signed_in = moment(found, "auth_time")
        if signed_in is None or signed_in < expected.asked_at - SKEW:
            raise RefusedError("auth_time is before we asked to sign in anew")


def _same(value: Any, wanted: str, name: str) -> None:
    if not isinstance(value, str) or not hmac.compare_digest(value.encode(), wanted.encode()):
        raise RefusedError(f"{name} is not ours")


def _half(access_token: str) -> str:
    """at_hash: all algorithms taken hash by SHA-256."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
