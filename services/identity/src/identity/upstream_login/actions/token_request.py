"""Calls to another provider in one sign-in: the code is traded in, and the person's details are fetched."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey

from chassis.database import ReadSession
from identity.settings import Settings
from identity.shared.outbound import OutboundError
from identity.upstream_login.rules.id_tokens import RefusedError
from identity.upstream_login.rules.requests import printed
from identity.upstreams.actions import keys
from identity.upstreams.actions.providers import AwayError, Providers
from identity.upstreams.rules.metadata import Provider
from identity.upstreams.store import Upstream

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 120
_LARGEST = 256 * 1024
_OK, _BUSY, _FAILED = 200, 429, 500
_ALGORITHM = "RS256"


@dataclass(frozen=True, slots=True)
class Shown:
    """How we show a provider who we are: a key of ours, or the secret it gave."""

    key: RSAKey | None
    secret: str | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code was traded in for."""

    id_token: str
    access_token: str


async def shown(session: ReadSession, settings: Settings, upstream: Upstream) -> Shown:
    """Raises Problem 503 when there is no key that signs."""
    if upstream.authentication == "client_secret":
        return Shown(None, keys.secret(settings, upstream))
    return Shown(await keys.signing_key(session, settings, upstream), None)


async def redeem(
    providers: Providers,
    provider: Provider,
    upstream: Upstream,
    own: Shown,
    fields: Mapping[str, str],
    now: float,
) -> Tokens:
    """Trade a code in. ``fields``: code, redirect_uri, code_verifier. Raises AwayError, RefusedError."""
    form = {"grant_type": "authorization_code", **fields, **_credentials(provider, upstream, own, now)}
    try:
        answer = await providers.outbound.submit(
            provider.token_endpoint, urlencode(form).encode(), max_bytes=_LARGEST, allow_http=providers.plain
        )
    except OutboundError as error:
        raise AwayError(f"{provider.token_endpoint} {error}") from error
    if answer.status >= _FAILED or answer.status == _BUSY:
        raise AwayError(f"{provider.token_endpoint} answered {answer.status}")
    found = _object(answer.body, "the token endpoint")
    if answer.status != _OK:
        raise RefusedError(
            f"the token endpoint answered {answer.status} {printed(str(found.get('error', '')))}"
        )
    id_token, access_token = found.get("id_token"), found.get("access_token")
    if not isinstance(id_token, str) or not isinstance(access_token, str) or not access_token.isascii():
        raise RefusedError("the token endpoint gave no id_token or no access_token")
    return Tokens(id_token, access_token)


def _credentials(provider: Provider, upstream: Upstream, own: Shown, now: float) -> Mapping[str, str]:
    """client_secret_post (RFC 6749 2.3.1), or private_key_jwt (RFC 7523)."""
    if own.key is None:
        return {"client_id": upstream.client_id, "client_secret": own.secret or ""}
    content = {
        "iss": upstream.client_id,
        "sub": upstream.client_id,
        "aud": provider.token_endpoint,
        "jti": secrets.token_urlsafe(16),
        "iat": int(now),
        "exp": int(now) + _ASSERTION_SECONDS,
    }
    header = {"alg": _ALGORITHM, "kid": own.key.kid, "typ": "JWT"}
    assertion = jwt.encode(header, content, own.key, algorithms=[_ALGORITHM])
    return {
        "client_id": upstream.client_id,
        "client_assertion_type": _ASSERTION,
        "client_assertion": assertion,
    }


async def userinfo(
    providers: Providers, provider: Provider, access_token: str, subject: str
) -> dict[str, Any]:
    """What the provider knows of this very person. Raises AwayError, RefusedError."""
    if provider.userinfo_endpoint is None:
        raise RefusedError("the provider has no userinfo_endpoint")
    try:
        body = await providers.outbound.get(
            provider.userinfo_endpoint,
            accept="application/json",
            max_bytes=_LARGEST,
            allow_http=providers.plain,
            bearer=access_token,
        )
    except OutboundError as error:
        raise AwayError(f"{provider.userinfo_endpoint} {error}") from error
    found = _object(body, "userinfo")
    if found.get("sub") != subject:  # OpenID Connect Core 5.3.2: another person's details
        raise RefusedError("sub of userinfo is another person")
    return found


def _object(body: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{what} did not answer JSON") from error
    if not isinstance(found, dict):
        raise RefusedError(f"{what} did not answer an object")
    return found
