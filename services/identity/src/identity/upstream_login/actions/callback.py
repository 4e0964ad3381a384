"""A person comes back from another provider: the answer is checked in every point before it counts."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.database import Database
from identity.upstream_login.actions import token_request
from identity.upstream_login.actions.login_states import FailedError, Reason, UpstreamLogin, deriving, offered
from identity.upstream_login.actions.token_request import Shown, Tokens
from identity.upstream_login.rules import directory_claims, id_tokens, requests
from identity.upstream_login.rules import identity as upstream_identity
from identity.upstream_login.rules.id_tokens import RefusedError, UnknownKeyError
from identity.upstream_login.rules.identity import Identity, NotProven
from identity.upstream_login.rules.requests import ONE_LOGIN, Returned, ReturnError, Secrets
from identity.upstream_login.store import login_states as store
from identity.upstream_login.store.login_states import Visit
from identity.upstreams.actions.providers import AwayError, Providers
from identity.upstreams.rules import metadata, registration
from identity.upstreams.rules.metadata import Keys, Provider
from identity.upstreams.store import Upstream
from identity.verification.actions.context import AuthContext

log = logging.getLogger(__name__)

_MARGIN = 2.0
"""Seconds kept for our own work, of those a request may take."""
_LONGEST = 200
_KEPT = ("name", "given_name", "family_name", "email", "preferred_username")
_AWAY = frozenset({"temporarily_unavailable", "server_error"})
_CANCELLED = frozenset({"access_denied"})


async def come_back(
    database: Database,
    auth: AuthContext,
    providers: Providers,
    council: str,
    upstream_id: UUID,
    browser: bytes,
    query: str,
) -> UpstreamLogin:
    """Who has come back with this query. Raises FailedError.

    The state is used up first, so that of two who bring it one is heard. No transaction is open while the
    provider is called.
    """
    returned, visit, upstream, own = await _taken(database, auth, council, upstream_id, browser, query)
    try:
        async with asyncio.timeout(max(auth.settings.timeout - _MARGIN, 1)):
            return await _heard(auth, providers, returned, visit, upstream, own)
    except (AwayError, TimeoutError) as error:
        log.warning("upstream %s of %s is away: %s", upstream.id, council, error)
        raise FailedError("away", visit, upstream) from error
    except RefusedError as error:
        log.warning("what upstream %s of %s says does not hold: %s", upstream.id, council, error)
        raise FailedError("refused", visit, upstream) from error


async def _taken(
    database: Database, auth: AuthContext, council: str, upstream_id: UUID, browser: bytes, query: str
) -> tuple[Returned, Visit, Upstream, Shown]:
    try:
        returned = requests.returned(query)
    except ReturnError as error:
        raise FailedError("old") from error
    state = requests.state_hash(returned.state)
    async with database.writing(council) as session:
        visit = await store.take(session, state, browser, council, upstream_id, auth.now())
        upstream = await offered(session, council, upstream_id)
        if visit is None or upstream is None:
            raise FailedError("old", visit, upstream)
        own = await token_request.shown(session, auth.settings, upstream)
    return returned, visit, upstream, own


async def _heard(
    auth: AuthContext,
    providers: Providers,
    returned: Returned,
    visit: Visit,
    upstream: Upstream,
    own: Shown,
) -> UpstreamLogin:
    provider = await providers.describe(upstream.issuer)
    if returned.issuer not in ({upstream.issuer} if provider.sends_issuer else {upstream.issuer, None}):
        raise RefusedError("the answer's iss is another issuer")  # RFC 9207
    if returned.code is None:
        raise FailedError(_reason(returned.error or ""), visit, upstream)
    bound = requests.secrets_of(deriving(auth), returned.state)
    fields = {
        "code": returned.code,
        "redirect_uri": visit.redirect_uri,
        "code_verifier": bound.verifier,
    }
    tokens = await token_request.redeem(providers, provider, upstream, own, fields, auth.clock())
    expected = _expected(visit, upstream, bound)
    found = await _checked(providers, provider, tokens, expected, auth.clock())
    return await _known(auth, providers, provider, tokens, visit, upstream, expected, found)


def _reason(error: str) -> Reason:
    """An error of the provider's own (OpenID Connect Core 3.1.2.6) as people are told of it."""
    if error in _CANCELLED:
        return "cancelled"
    return "away" if error in _AWAY else "refused"


def _expected(visit: Visit, upstream: Upstream, bound: Secrets) -> id_tokens.Expected:
    return id_tokens.Expected(
        issuer=upstream.issuer,
        client_id=upstream.client_id,
        nonce=bound.nonce,
        tenant=upstream.tenant,
        vot=visit.vot,
        acr_values=upstream.acr_values,
        asked_at=visit.created_at.timestamp() if visit.fresh else None,
    )


async def _checked(
    providers: Providers,
    provider: Provider,
    tokens: Tokens,
    expected: id_tokens.Expected,
    now: float,
) -> dict[str, Any]:
    """The claims of the id_token; a key that is not known may be a new one."""

    def read(known: Keys) -> dict[str, Any]:
        return id_tokens.id_token(tokens.id_token, known, expected, tokens.access_token, now)

    try:
        return read(await providers.keys(provider.jwks_uri))
    except UnknownKeyError:
        return read(await providers.keys(provider.jwks_uri, newer=True))


async def _known(
    auth: AuthContext,
    providers: Providers,
    provider: Provider,
    tokens: Tokens,
    visit: Visit,
    upstream: Upstream,
    expected: id_tokens.Expected,
    found: Mapping[str, Any],
) -> UpstreamLogin:
    subject = id_tokens.subject(found, upstream.subject_claim, upstream.tenant)
    email, identity, session_id = None, None, found.get("sid")
    if upstream.kind == ONE_LOGIN:
        told = await token_request.userinfo(providers, provider, tokens.access_token, found["sub"])
        email = _verified(told)
        level = requests.identity_of(visit.vot or "")
        if level is not None:
            identity = await _identity(auth, providers, upstream, told, found["sub"], level)
    return UpstreamLogin(
        visit=visit,
        upstream=upstream,
        subject=subject,
        external_id=id_tokens.text_of(found, upstream.subject_claim),
        method=id_tokens.method(found, expected),
        email=email,
        claims=_of_staff(found, upstream.groups_claim) if upstream.audience == "staff" else {},
        session_id=session_id if isinstance(session_id, str) and len(session_id) <= _LONGEST else None,
        sub=found["sub"],
        issued_at=found["iat"],
        identity=identity,
    )


def _verified(told: Mapping[str, Any]) -> str | None:
    email = told.get("email")
    return email if isinstance(email, str) and told.get("email_verified") is True else None


def _of_staff(found: Mapping[str, Any], groups_claim: str | None) -> dict[str, Any]:
    """What a directory says of a member of staff, bounded; that it does not name his groups, if so."""
    kept: dict[str, Any] = {
        name: value
        for name in _KEPT
        if isinstance(value := found.get(name), str) and 0 < len(value) <= _LONGEST and value.isprintable()
    }
    if directory_claims.overage(found, groups_claim):
        return {**kept, directory_claims.OVERAGE: True}
    groups = found.get(groups_claim, []) if groups_claim else []
    kept[directory_claims.GROUPS] = [
        one for one in groups if isinstance(one, str) and 0 < len(one) <= _LONGEST
    ]
    return kept


async def _identity(
    auth: AuthContext,
    providers: Providers,
    upstream: Upstream,
    told: Mapping[str, Any],
    subject: str,
    level: str,
) -> Identity | NotProven:
    """What was proven. Whose word counts is the region's to say, now and not when it was registered."""
    settings = auth.settings
    url = registration.did_url(upstream.issuer, settings.onelogin_issuers, laptop=providers.plain)
    if url is None:
        raise RefusedError("the region takes no proofs of identity from this issuer")
    own = metadata.own_did(url)
    expected = upstream_identity.Expected(own, upstream.client_id, subject, level)
    try:
        return upstream_identity.read(told, await providers.document(url), expected, auth.clock())
    except UnknownKeyError:
        known = await providers.document(url, newer=True)
        return upstream_identity.read(told, known, expected, auth.clock())
