"""Read what providers publish: discovery document, JWK Set, DID document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from identity.shared.oauth import assertions
from identity.shared.rules.core_identity import build_did

MAX_BYTES = 256 * 1024
_MAX_KEYS = 100
_MAX_URL = 2_000
_WELL_KNOWN = "/.well-known/did.json"


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """A provider's metadata (OpenID Connect Discovery). ``sends_issuer``: RFC 9207."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    sends_issuer: bool


Keys = Mapping[str, Mapping[str, str]]
"""Public keys by their kid."""


def build_discovery_url(issuer: str) -> str:
    """Build the URL of an issuer's discovery document (OpenID Connect Discovery 4)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def read_metadata(body: bytes, issuer: str, *, plain: bool) -> ProviderMetadata:
    """Read the discovery document of exactly this issuer. ``plain``: http is allowed.

    Raises ValueError, which says what is wrong.
    """
    document = _read_object(body)
    if document.get("issuer") != issuer:
        raise ValueError("describes another issuer")
    endpoints = {
        name: _read_endpoint(document, name, plain=plain)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    has_userinfo = document.get("userinfo_endpoint") is not None
    return ProviderMetadata(
        issuer=issuer,
        userinfo_endpoint=_read_endpoint(document, "userinfo_endpoint", plain=plain)
        if has_userinfo
        else None,
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        **endpoints,
    )


def _read_endpoint(document: Mapping[str, Any], name: str, *, plain: bool) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not is_usable_url(value, plain=plain):
        raise ValueError(f"has no usable {name}: an absolute https URL without user or fragment")
    return value


def is_usable_url(url: str, *, plain: bool) -> bool:
    """Tell whether a URL can be called: https (or http), a host, no user, no fragment."""
    if len(url) > _MAX_URL or not url.isascii() or not url.isprintable() or set(url) & set(" \\\"<>'"):
        return False
    try:
        parts = urlsplit(url)
        has_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    schemes = {"https", "http"} if plain else {"https"}
    return (
        parts.scheme in schemes
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and has_valid_port
        and ("#" not in url)
    )


def read_jwks(body: bytes) -> Keys:
    """Read the keys of a JWK Set that can check a signature; others are ignored. Raises ValueError."""
    jwks = _read_object(body).get("keys")
    if not isinstance(jwks, list) or len(jwks) > _MAX_KEYS:
        raise ValueError(f"is not a JWK Set of at most {_MAX_KEYS} keys")
    public_keys = [key for key in map(_read_public_key, jwks) if key is not None]
    if not public_keys:
        raise ValueError("has no key for signatures: P-256 or RSA of 2048 bits and more, with a kid")
    return _by_kid([(key["kid"], key) for key in public_keys])


def read_did_document(body: bytes, url: str) -> Keys:
    """Read the keys of the DID document at ``url``, by their whole id. Raises ValueError.

    The document's DID must be the one of its URL (did:web), and only keys under that DID count.
    """
    document, did_of_url = _read_object(body), get_did(url)
    methods = document.get("assertionMethod")
    if document.get("id") != did_of_url:
        raise ValueError(f"is not the DID document of {did_of_url}")
    if not isinstance(methods, list) or len(methods) > _MAX_KEYS:
        raise ValueError(f"has no list assertionMethod of at most {_MAX_KEYS} keys")
    keys = [key for key in (_read_method(method, did_of_url) for method in methods) if key is not None]
    if not keys:
        raise ValueError("has no P-256 key to check statements with")
    return _by_kid(keys)


def get_did(url: str) -> str:
    """Get the did:web of a document's URL, which its keys' ids begin with."""
    parts = urlsplit(url)
    path = (
        parts.path.removesuffix(_WELL_KNOWN)
        if parts.path.endswith(_WELL_KNOWN)
        else (parts.path.removesuffix("/did.json"))
    )
    return build_did(urlunsplit((parts.scheme, parts.netloc, path, "", "")))


def _read_method(method: Any, did_of_url: str) -> tuple[str, Mapping[str, str]] | None:
    if not isinstance(method, dict):
        return None
    kid, jwk = method.get("id"), method.get("publicKeyJwk")
    if not isinstance(kid, str) or not kid.startswith(f"{did_of_url}#") or not isinstance(jwk, dict):
        return None
    key = _read_public_key({**jwk, "kid": "any"})
    return (kid, {**key, "kid": kid}) if key is not None and key["kty"] == "EC" else None


def _read_public_key(jwk: Any) -> dict[str, str] | None:
    if not isinstance(jwk, dict) or {"d", "k"} & jwk.keys():
        return None
    try:
        return assertions.parse_public_key(jwk)
    except ValueError:
        return None


def _by_kid(keys: list[tuple[str, Mapping[str, str]]]) -> Keys:
    if len({kid for kid, _ in keys}) != len(keys):
        raise ValueError("has two keys with the same kid")
    return dict(keys)


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("does not answer JSON") from error
    if not isinstance(value, dict):
        raise ValueError("does not answer a JSON object")  # noqa: TRY004 - from outside
    return value
