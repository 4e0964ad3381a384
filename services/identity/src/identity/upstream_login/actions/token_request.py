"""Call an upstream in a login: redeem the code at the token endpoint, and fetch userinfo."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt

from chassis.database import ReadSession
from chassis.outbound import OutboundError
from identity.settings import Settings
from identity.upstream_login.rules.id_tokens import InvalidTokenError
from identity.upstream_login.rules.requests import to_log
from identity.upstreams.actions import keys
from identity.upstreams.actions.providers import Providers, ProviderUnavailableError
from identity.upstreams.rules.metadata import ProviderMetadata
from identity.upstreams.rules.upstream import Upstream

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 120
_MAX_BYTES = 256 * 1024
_OK, _BUSY, _FAILED = 200, 429, 500
_ALGORITHM = "RS256"


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Our credentials at a provider: a key of ours, or the secret it gave."""

    key: keys.SigningKey | None
    secret: str | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens that a code was redeemed for."""

    id_token: str
    access_token: str


async def get_credentials(session: ReadSession, settings: Settings, upstream: Upstream) -> ClientCredentials:
    """Get our credentials at an upstream. Raises Problem 503 when no key of ours signs."""
    if upstream.authentication == "client_secret":
        return ClientCredentials(None, keys.open_secret(settings, upstream))
    return ClientCredentials(await keys.get_signing_key(session, settings, upstream), None)


async def redeem_code(
    providers: Providers,
    provider: ProviderMetadata,
    upstream: Upstream,
    credentials: ClientCredentials,
    fields: Mapping[str, str],
    now: float,
) -> Tokens:
    """Redeem a code. ``fields``: code, redirect_uri, code_verifier.

    Raises ProviderUnavailableError, InvalidTokenError.
    """
    form = {
        "grant_type": "authorization_code",
        **fields,
        **await _authenticate(provider, upstream, credentials, now),
    }
    try:
        answer = await providers.outbound.submit(
            provider.token_endpoint,
            urlencode(form).encode(),
            max_bytes=_MAX_BYTES,
            allow_http=providers.plain,
        )
    except OutboundError as error:
        raise ProviderUnavailableError(f"{provider.token_endpoint} {error}") from error
    if answer.status >= _FAILED or answer.status == _BUSY:
        raise ProviderUnavailableError(f"{provider.token_endpoint} answered {answer.status}")
    tokens = _read_object(answer.body, "the token endpoint")
    if answer.status != _OK:
        raise InvalidTokenError(
            f"the token endpoint answered {answer.status} {to_log(str(tokens.get('error', '')))}"
        )
    id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
    if not isinstance(id_token, str) or not isinstance(access_token, str) or not access_token.isascii():
        raise InvalidTokenError("the token endpoint gave no id_token or no access_token")
    return Tokens(id_token, access_token)


async def _authenticate(
    provider: ProviderMetadata, upstream: Upstream, credentials: ClientCredentials, now: float
) -> Mapping[str, str]:
    """Build the parameters of client_secret_post (RFC 6749 2.3.1) or private_key_jwt (RFC 7523)."""
    if credentials.key is None:
        return {"client_id": upstream.client_id, "client_secret": credentials.secret or ""}
    content = {
        "iss": upstream.client_id,
        "sub": upstream.client_id,
        "aud": provider.token_endpoint,
        "jti": secrets.token_urlsafe(16),
        "iat": int(now),
        "exp": int(now) + _ASSERTION_SECONDS,
    }
    header = {"alg": _ALGORITHM, "kid": credentials.key.kid, "typ": "JWT"}
    key = keys.import_key(credentials.key)
    assertion = jwt.encode(header, content, key, algorithms=[_ALGORITHM])
    return {
        "client_id": upstream.client_id,
        "client_assertion_type": _ASSERTION,
        "client_assertion": assertion,
    }


async def fetch_userinfo(
    providers: Providers, provider: ProviderMetadata, access_token: str, subject: str
) -> dict[str, Any]:
    """Fetch the claims of this person. Raises ProviderUnavailableError, InvalidTokenError."""
    if provider.userinfo_endpoint is None:
        raise InvalidTokenError("the provider has no userinfo_endpoint")
    try:
        body = await providers.outbound.get(
            provider.userinfo_endpoint,
            accept="application/json",
            max_bytes=_MAX_BYTES,
            allow_http=providers.plain,
            bearer=access_token,
        )
    except OutboundError as error:
        raise ProviderUnavailableError(f"{provider.userinfo_endpoint} {error}") from error
    userinfo = _read_object(body, "userinfo")
    if userinfo.get("sub") != subject:  # OpenID Connect Core 5.3.2: another person's details
        raise InvalidTokenError("sub of userinfo is another person")
    return userinfo


def _read_object(body: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidTokenError(f"{what} did not answer JSON") from error
    if not isinstance(value, dict):
        raise InvalidTokenError(f"{what} did not answer an object")
    return value
