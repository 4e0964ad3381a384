"""What another provider publishes of itself: discovery, keys, a DID document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from identity.shared.oauth import assertions
from identity.shared.rules.core_identity import build_did

LARGEST = 256 * 1024
_MOST_KEYS = 100
_LONGEST = 2_000
_WELL_KNOWN = "/.well-known/did.json"


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID provider as its discovery document describes it. ``sends_issuer``: RFC 9207."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    sends_issuer: bool


Keys = Mapping[str, Mapping[str, str]]
"""Public keys by their kid."""


def discovery_url(issuer: str) -> str:
    """Where an issuer describes itself (OpenID Connect Discovery 4)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def provider(body: bytes, issuer: str, *, plain: bool) -> Provider:
    """The discovery document of exactly this issuer. ``plain``: http will do.

    Raises ValueError with what is wrong with it.
    """
    found = _object(body)
    if found.get("issuer") != issuer:
        raise ValueError("describes another issuer")
    needed = {
        name: _endpoint(found, name, plain=plain)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    has_userinfo = found.get("userinfo_endpoint") is not None
    return Provider(
        issuer=issuer,
        userinfo_endpoint=_endpoint(found, "userinfo_endpoint", plain=plain) if has_userinfo else None,
        sends_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        **needed,
    )


def _endpoint(found: Mapping[str, Any], name: str, *, plain: bool) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not usable(value, plain=plain):
        raise ValueError(f"has no usable {name}: an absolute https URL without user or fragment")
    return value


def usable(url: str, *, plain: bool) -> bool:
    """Whether it is a URL that is called or sent to: https (or http), a host, nothing hidden in it."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or set(url) & set(" \\\"<>'"):
        return False
    try:
        parts = urlsplit(url)
        known = parts.port is None or parts.port > 0
    except ValueError:
        return False
    schemes = {"https", "http"} if plain else {"https"}
    return (
        parts.scheme in schemes
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and known
        and ("#" not in url)
    )


def keys(body: bytes) -> Keys:
    """The keys of a JWK Set that can check a signature; others are passed over. Raises ValueError."""
    given = _object(body).get("keys")
    if not isinstance(given, list) or len(given) > _MOST_KEYS:
        raise ValueError(f"is not a JWK Set of at most {_MOST_KEYS} keys")
    kept = [key for key in map(_public, given) if key is not None]
    if not kept:
        raise ValueError("has no key for signatures: P-256 or RSA of 2048 bits and more, with a kid")
    return _by_kid([(key["kid"], key) for key in kept])


def document(body: bytes, url: str) -> Keys:
    """The keys of the DID document at ``url``, by their whole id. Raises ValueError.

    Only keys that the document's own DID names count, and that DID must be the one of its place (did:web).
    """
    found, own = _object(body), own_did(url)
    methods = found.get("assertionMethod")
    if found.get("id") != own:
        raise ValueError(f"is not the DID document of {own}")
    if not isinstance(methods, list) or len(methods) > _MOST_KEYS:
        raise ValueError(f"has no list assertionMethod of at most {_MOST_KEYS} keys")
    kept = [one for one in (_method(method, own) for method in methods) if one is not None]
    if not kept:
        raise ValueError("has no P-256 key to check statements with")
    return _by_kid(kept)


def own_did(url: str) -> str:
    """The did:web of a document's place: what its keys' ids begin with."""
    parts = urlsplit(url)
    path = (
        parts.path.removesuffix(_WELL_KNOWN)
        if parts.path.endswith(_WELL_KNOWN)
        else (parts.path.removesuffix("/did.json"))
    )
    return build_did(urlunsplit((parts.scheme, parts.netloc, path, "", "")))


def _method(method: Any, own: str) -> tuple[str, Mapping[str, str]] | None:
    if not isinstance(method, dict):
        return None
    kid, jwk = method.get("id"), method.get("publicKeyJwk")
    if not isinstance(kid, str) or not kid.startswith(f"{own}#") or not isinstance(jwk, dict):
        return None
    key = _public({**jwk, "kid": "any"})
    return (kid, {**key, "kid": kid}) if key is not None and key["kty"] == "EC" else None


def _public(jwk: Any) -> dict[str, str] | None:
    if not isinstance(jwk, dict) or {"d", "k"} & jwk.keys():
        return None
    try:
        return assertions.parse_public_key(jwk)
    except ValueError:
        return None


def _by_kid(found: list[tuple[str, Mapping[str, str]]]) -> Keys:
    if len({kid for kid, _ in found}) != len(found):
        raise ValueError("has two keys with the same kid")
    return dict(found)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("does not answer JSON") from error
    if not isinstance(found, dict):
        raise ValueError("does not answer a JSON object")  # noqa: TRY004 - from outside
    return found
