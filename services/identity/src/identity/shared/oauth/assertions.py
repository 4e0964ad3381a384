"""private_key_jwt: a client authenticates by a JWT it signed (RFC 7523 section 3, RFC 8725)."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ALGORITHMS: Mapping[str, str] = {
    "ES256": "EC",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
}
"""The supported algorithms, each with its key type. Neither ``none`` nor a shared secret."""
TYPES = frozenset({"jwt", "client-authentication+jwt"})
MAX_LENGTH = 8_192
MAX_SECONDS = 300
SKEW = 30
MAX_KEYS = 5
RSA_BITS = range(2048, 4097)
_EXPONENT = "AQAB"
_FOREIGN_KEYS = ("jku", "jwk", "x5u")
_JTI = re.compile(r"[\x20-\x7e]{1,255}")
_KID = re.compile(r"[\x21-\x7e]{1,100}")
_MEMBER = re.compile(r"[A-Za-z0-9_-]{1,700}")
_PUBLIC_MEMBERS = {"EC": ("crv", "x", "y"), "RSA": ("n", "e")}


class RefusedError(ValueError):
    """An assertion that is refused, with the reason.

    ``telling`` is true when the reason says nothing of whether the client exists or which keys
    it has, so that the caller may be told.
    """

    def __init__(self, reason: str, *, telling: bool = True) -> None:
        super().__init__(reason)
        self.disclosable = telling


@dataclass(frozen=True, slots=True)
class UnverifiedJwt:
    """What a JWT says of itself before its signature is checked. Trust none of it."""

    jwt: str
    algorithm: str
    kid: str | None
    issuer: str


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """An assertion that was verified. Its ``jti`` must not return before ``expires`` (Unix seconds)."""

    jti: str
    expires: int


def parse_unverified(text: str, types: frozenset[str] = TYPES) -> UnverifiedJwt:
    """Parse the parts needed to find the client and its key. Raises RefusedError."""
    if len(text) > MAX_LENGTH:
        raise RefusedError(f"the assertion is longer than {MAX_LENGTH} characters")
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - RFC 7515 section 7.1
        raise RefusedError("the assertion is not a signed JWT")
    header, content = _parse_part(parts[0]), _parse_part(parts[1])
    algorithm, kid, issuer = header.get("alg"), header.get("kid"), content.get("iss")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise RefusedError(f"the assertion's alg must be one of {', '.join(ALGORITHMS)}")
    if any(name in header for name in (*_FOREIGN_KEYS, "crit")):
        raise RefusedError("the assertion's header must not carry jku, jwk, x5u or crit")
    if str(header.get("typ", "JWT")).lower() not in types:
        raise RefusedError("the assertion's typ must be JWT or client-authentication+jwt")
    if not isinstance(issuer, str) or not (kid is None or isinstance(kid, str)):
        raise RefusedError("the assertion's iss and kid must be text")
    return UnverifiedJwt(text, algorithm, kid, issuer)


def verify_assertion(
    assertion: UnverifiedJwt, keys: Sequence[Mapping[str, Any]], audiences: frozenset[str], now: float
) -> VerifiedAssertion:
    """Verify signature and claims with the client's registered public keys (JWKs). Raises RefusedError."""
    return _check_claims(verify_signature(assertion, keys), assertion.issuer, audiences, now)


def names_unknown_key(assertion: UnverifiedJwt, keys: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it names none of these keys: the client may have published another since."""
    return assertion.kid is not None and all(key["kid"] != assertion.kid for key in keys)


def verify_signature(assertion: UnverifiedJwt, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Verify the signature by one of these public keys; answers the claims. Raises RefusedError.

    For an unknown client, which has no keys, a decoy is tried: that takes as long as a wrong signature,
    and is refused whatever its result.
    """
    key = _find_key(assertion, keys)
    try:
        token = jwt.decode(assertion.jwt, key or _get_decoy(assertion), algorithms=[assertion.algorithm])
    except (JoseError, ValueError) as error:
        raise RefusedError("the signature does not hold", telling=False) from error
    if key is None:
        raise RefusedError("no registered key fits the assertion's kid and alg", telling=False)
    return dict(token.claims)


def _check_claims(
    claims: Mapping[str, Any], client_id: str, audiences: frozenset[str], now: float
) -> VerifiedAssertion:
    """Check the claims (RFC 7523 section 3, points 1 to 7)."""
    jti = claims.get("jti")
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise RefusedError("iss and sub must both be the client_id")
    expires = check_validity(claims, audiences, now, max_seconds=MAX_SECONDS)
    if not isinstance(jti, str) or not _JTI.fullmatch(jti):
        raise RefusedError("jti must be 1 to 255 printable ASCII characters")
    return VerifiedAssertion(jti, int(expires) + 1)


def check_validity(
    claims: Mapping[str, Any], audiences: frozenset[str], now: float, *, max_seconds: int | None
) -> float:
    """Check that a JWT is meant for us and valid now; answers when it expires, ``now`` when it does not.

    ``max_seconds``: how far ahead ``exp`` may lie; with it ``exp`` is required. Raises RefusedError.
    """
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or audience not in audiences:
        raise RefusedError("aud must be this endpoint or the issuer, and nothing else")
    expires = _numeric_date(claims, "exp")
    if "exp" in claims or max_seconds is not None:
        ahead = (max_seconds or 86_400) + SKEW
        if expires is None or not now < expires <= now + ahead:
            raise RefusedError(f"exp must lie ahead, by {ahead - SKEW} seconds at most")
    for name in ("iat", "nbf"):
        date = _numeric_date(claims, name)
        if name in claims and (date is None or date > now + SKEW):
            raise RefusedError(f"{name} lies ahead")
    return now if expires is None else expires


def _numeric_date(claims: Mapping[str, Any], name: str) -> float | None:
    """Read a NumericDate (RFC 7519); None for anything else. NaN compares false and so is refused."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def _find_key(assertion: UnverifiedJwt, keys: Sequence[Mapping[str, Any]]) -> ECKey | RSAKey | None:
    """Find the registered key the assertion names; without a kid, the only suitable one.

    A key registered with an ``alg`` is for that one alone (RFC 8725 section 3.1).
    """
    key_type = ALGORITHMS[assertion.algorithm]
    suitable = [
        key
        for key in keys
        if key["kty"] == key_type
        and assertion.kid in (None, key["kid"])
        and key.get("alg") in (None, assertion.algorithm)
    ]
    return _import_key(suitable[0]) if len(suitable) == 1 else None


@cache
def _make_decoys() -> Mapping[str, ECKey | RSAKey]:
    """Make a key of each type that belongs to nobody."""
    modulus = base64.urlsafe_b64encode(b"\xd5" * 256).rstrip(b"=").decode()
    return {
        "EC": ECKey.generate_key("P-256", private=False),
        "RSA": _import_key({"kty": "RSA", "n": modulus, "e": _EXPONENT}),
    }


def _get_decoy(assertion: UnverifiedJwt) -> ECKey | RSAKey:
    return _make_decoys()[ALGORITHMS[assertion.algorithm]]


def _import_key(jwk: Mapping[str, Any]) -> ECKey | RSAKey:
    key_class = ECKey if jwk["kty"] == "EC" else RSAKey
    return key_class.import_key(dict(jwk))


def _parse_part(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise RefusedError("the assertion is not a signed JWT") from error
    if not isinstance(value, dict):
        raise RefusedError("the assertion is not a signed JWT")
    return value


def parse_public_key(jwk: Mapping[str, Any]) -> dict[str, str]:
    """Parse a client's public key: the members that make up the key, its kid, its alg if it has one.

    Raises ValueError for a private or symmetric key, or an unsupported curve, size or alg.
    """
    key_type, kid = jwk.get("kty"), jwk.get("kid")
    if key_type not in _PUBLIC_MEMBERS:
        raise ValueError("kty must be EC or RSA")
    if "d" in jwk or "k" in jwk:
        raise ValueError("holds a private key; send the public half only and replace this key")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise ValueError("kid must be 1 to 100 printable ASCII characters")
    if jwk.get("use", "sig") != "sig":
        raise ValueError("use must be sig")
    members = {name: jwk.get(name) for name in _PUBLIC_MEMBERS[key_type]}
    checked = {
        name: value for name, value in members.items() if isinstance(value, str) and _MEMBER.fullmatch(value)
    }
    if len(checked) != len(members):
        raise ValueError(f"a key of type {key_type} has the members {', '.join(members)}, in base64url")
    _check_strength(key_type, checked)
    return {"kty": key_type, "kid": kid, **_parse_algorithm(key_type, jwk.get("alg")), **checked}


def _parse_algorithm(key_type: str, algorithm: Any) -> dict[str, str]:
    """Parse the one algorithm a key is for (RFC 7517 section 4.4), if it names one."""
    if algorithm is None:
        return {}
    suitable = [name for name, needed in ALGORITHMS.items() if needed == key_type]
    if algorithm not in suitable:
        raise ValueError(f"alg of a key of type {key_type} must be {' or '.join(suitable)}, or be left out")
    return {"alg": algorithm}


def _check_strength(key_type: str, members: Mapping[str, str]) -> None:
    if key_type == "EC" and members["crv"] != "P-256":
        raise ValueError("crv must be P-256")
    if key_type == "RSA" and members["e"] != _EXPONENT:
        raise ValueError("e must be AQAB (65537)")
    if key_type == "RSA" and _count_bits(members["n"]) not in RSA_BITS:
        raise ValueError("an RSA key has 2048 to 4096 bits")
    try:
        _import_key({"kty": key_type, **members})
    except (JoseError, ValueError) as error:
        raise ValueError("is not a valid public key") from error


def _count_bits(number: str) -> int:
    """Count the bits of a base64url number. Raises ValueError when its text was cut short."""
    padded = number + "=" * (-len(number) % 4)
    return int.from_bytes(base64.b64decode(padded, altchars=b"-_", validate=True)).bit_length()
