"""Complete a login at an upstream: verify the callback, redeem the code and verify the tokens."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.database import Database
from identity.upstream_login.actions import token_request
from identity.upstream_login.actions.login_states import (
    FailureReason,
    LoginFailedError,
    UpstreamLogin,
    derive_key,
)
from identity.upstream_login.actions.token_request import ClientCredentials, Tokens
from identity.upstream_login.rules import directory_claims, id_tokens, requests
from identity.upstream_login.rules import identity as upstream_identity
from identity.upstream_login.rules.id_tokens import InvalidTokenError, UnknownKeyError
from identity.upstream_login.rules.identity import Identity, NotProven
from identity.upstream_login.rules.login_state import LoginState
from identity.upstream_login.rules.requests import (
    ONE_LOGIN,
    AuthorizationResponse,
    InvalidResponseError,
    LoginSecrets,
)
from identity.upstream_login.store import login_states as store
from identity.upstreams.actions import upstreams
from identity.upstreams.actions.providers import Providers, ProviderUnavailableError
from identity.upstreams.rules import metadata, registration
from identity.upstreams.rules.metadata import Keys, ProviderMetadata
from identity.upstreams.rules.upstream import Upstream
from identity.verification.actions.context import AuthContext

log = logging.getLogger(__name__)

_MARGIN_SECONDS = 2.0
"""Seconds of a request's time that are left for our own work."""
_MAX_TEXT = 200
_STAFF_CLAIMS = ("name", "given_name", "family_name", "email", "preferred_username")
_UNAVAILABLE_ERRORS = frozenset({"temporarily_unavailable", "server_error"})
_CANCELLED_ERRORS = frozenset({"access_denied"})


async def handle_callback(
    database: Database,
    auth: AuthContext,
    providers: Providers,
    council: str,
    upstream_id: UUID,
    browser: bytes,
    query: str,
) -> UpstreamLogin:
    """Verify the callback with this query, and get the login. Raises LoginFailedError.

    The state is taken first, so that it works once. No transaction is open while the provider is called.
    """
    response, state, upstream, credentials = await _take_login_state(
        database, auth, council, upstream_id, browser, query
    )
    try:
        async with asyncio.timeout(max(auth.settings.timeout - _MARGIN_SECONDS, 1)):
            return await _exchange_code(auth, providers, response, state, upstream, credentials)
    except (ProviderUnavailableError, TimeoutError) as error:
        log.warning("upstream %s of %s is unavailable: %s", upstream.id, council, error)
        raise LoginFailedError("away", state, upstream) from error
    except InvalidTokenError as error:
        log.warning("a response of upstream %s of %s is not valid: %s", upstream.id, council, error)
        raise LoginFailedError("refused", state, upstream) from error


async def _take_login_state(
    database: Database, auth: AuthContext, council: str, upstream_id: UUID, browser: bytes, query: str
) -> tuple[AuthorizationResponse, LoginState, Upstream, ClientCredentials]:
    try:
        response = requests.read_response(query)
    except InvalidResponseError as error:
        raise LoginFailedError("old") from error
    state_hash = requests.hash_state(response.state)
    async with database.writing(council) as session:
        state = await store.take_state(session, state_hash, browser, council, upstream_id, auth.now())
        upstream = await upstreams.get_enabled(session, council, upstream_id)
        if state is None or upstream is None:
            raise LoginFailedError("old", state, upstream)
        credentials = await token_request.get_credentials(session, auth.settings, upstream)
    return response, state, upstream, credentials


async def _exchange_code(
    auth: AuthContext,
    providers: Providers,
    response: AuthorizationResponse,
    state: LoginState,
    upstream: Upstream,
    credentials: ClientCredentials,
) -> UpstreamLogin:
    provider = await providers.get_metadata(upstream.issuer)
    if response.issuer not in ({upstream.issuer} if provider.sends_issuer else {upstream.issuer, None}):
        raise InvalidTokenError("the answer's iss is another issuer")  # RFC 9207
    if response.code is None:
        raise LoginFailedError(_failure_reason(response.error or ""), state, upstream)
    secrets = requests.derive_secrets(derive_key(auth), response.state)
    fields = {
        "code": response.code,
        "redirect_uri": state.redirect_uri,
        "code_verifier": secrets.verifier,
    }
    tokens = await token_request.redeem_code(providers, provider, upstream, credentials, fields, auth.clock())
    expected = _build_expected(state, upstream, secrets)
    claims = await _verify_id_token(providers, provider, tokens, expected, auth.clock())
    return await _build_login(auth, providers, provider, tokens, state, upstream, expected, claims)


def _failure_reason(error: str) -> FailureReason:
    """Map a provider's error code (OpenID Connect Core 3.1.2.6) to a reason to show."""
    if error in _CANCELLED_ERRORS:
        return "cancelled"
    return "away" if error in _UNAVAILABLE_ERRORS else "refused"


def _build_expected(state: LoginState, upstream: Upstream, secrets: LoginSecrets) -> id_tokens.Expected:
    return id_tokens.Expected(
        issuer=upstream.issuer,
        client_id=upstream.client_id,
        nonce=secrets.nonce,
        tenant=upstream.tenant,
        vot=state.vot,
        acr_values=upstream.acr_values,
        requested_at=state.created_at.timestamp() if state.fresh else None,
    )


async def _verify_id_token(
    providers: Providers,
    provider: ProviderMetadata,
    tokens: Tokens,
    expected: id_tokens.Expected,
    now: float,
) -> dict[str, Any]:
    """Verify the id_token, and get its claims; for an unknown key, read the keys again."""

    def read(keys: Keys) -> dict[str, Any]:
        return id_tokens.verify_id_token(tokens.id_token, keys, expected, tokens.access_token, now)

    try:
        return read(await providers.get_keys(provider.jwks_uri))
    except UnknownKeyError:
        return read(await providers.get_keys(provider.jwks_uri, newer=True))


async def _build_login(
    auth: AuthContext,
    providers: Providers,
    provider: ProviderMetadata,
    tokens: Tokens,
    state: LoginState,
    upstream: Upstream,
    expected: id_tokens.Expected,
    claims: Mapping[str, Any],
) -> UpstreamLogin:
    subject = id_tokens.get_subject(claims, upstream.subject_claim, upstream.tenant)
    email, identity, session_id = None, None, claims.get("sid")
    if upstream.kind == ONE_LOGIN:
        userinfo = await token_request.fetch_userinfo(providers, provider, tokens.access_token, claims["sub"])
        email = _get_verified_email(userinfo)
        level = requests.get_identity_level(state.vot or "")
        if level is not None:
            identity = await _read_identity(auth, providers, upstream, userinfo, claims["sub"], level)
    return UpstreamLogin(
        state=state,
        upstream=upstream,
        subject=subject,
        external_id=id_tokens.get_text(claims, upstream.subject_claim),
        method=id_tokens.get_method(claims, expected),
        email=email,
        claims=_select_staff_claims(claims, upstream.groups_claim) if upstream.audience == "staff" else {},
        session_id=session_id if isinstance(session_id, str) and len(session_id) <= _MAX_TEXT else None,
        sub=claims["sub"],
        issued_at=claims["iat"],
        identity=identity,
    )


def _get_verified_email(userinfo: Mapping[str, Any]) -> str | None:
    email = userinfo.get("email")
    return email if isinstance(email, str) and userinfo.get("email_verified") is True else None


def _select_staff_claims(claims: Mapping[str, Any], groups_claim: str | None) -> dict[str, Any]:
    """Select bounded claims about a member of staff, or mark that the token does not name the groups."""
    selected: dict[str, Any] = {
        name: value
        for name in _STAFF_CLAIMS
        if isinstance(value := claims.get(name), str) and 0 < len(value) <= _MAX_TEXT and value.isprintable()
    }
    if directory_claims.has_overage(claims, groups_claim):
        return {**selected, directory_claims.OVERAGE: True}
    groups = claims.get(groups_claim, []) if groups_claim else []
    selected[directory_claims.GROUPS] = [
        group for group in groups if isinstance(group, str) and 0 < len(group) <= _MAX_TEXT
    ]
    return selected


async def _read_identity(
    auth: AuthContext,
    providers: Providers,
    upstream: Upstream,
    userinfo: Mapping[str, Any],
    subject: str,
    level: str,
) -> Identity | NotProven:
    """Read the identity that was proven. The region decides now whose proofs count, not at registration."""
    settings = auth.settings
    url = registration.get_did_url(upstream.issuer, settings.onelogin_issuers, laptop=providers.plain)
    if url is None:
        raise InvalidTokenError("the region takes no proofs of identity from this issuer")
    did_of_issuer = metadata.get_did(url)
    expected = upstream_identity.Expected(did_of_issuer, upstream.client_id, subject, level)
    try:
        return upstream_identity.read_identity(
            userinfo, await providers.get_did_document(url), expected, auth.clock()
        )
    except UnknownKeyError:
        keys = await providers.get_did_document(url, newer=True)
        return upstream_identity.read_identity(userinfo, keys, expected, auth.clock())
