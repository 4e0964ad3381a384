"""Back-channel logout of an upstream: the sessions that a sign-in there opened end."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis import clock
from chassis.database import Database, Session
from chassis.problems import not_found
from identity.accounts.actions import sessions
from identity.accounts.rules.upstream_session import UpstreamSession
from identity.shared.rules import crypto
from identity.upstream_login.actions.login_states import UpstreamLogin
from identity.upstream_login.rules import logout_tokens
from identity.upstream_login.rules.id_tokens import InvalidTokenError, UnknownKeyError
from identity.upstream_login.rules.logout_tokens import LogoutToken
from identity.upstream_login.store import logouts as store
from identity.upstreams.actions import upstreams
from identity.upstreams.actions.providers import Providers
from identity.upstreams.rules.metadata import Keys
from identity.upstreams.rules.upstream import Upstream
from identity.verification.actions.context import AuthContext

log = logging.getLogger(__name__)

_MARGIN_SECONDS = 2.0
"""Seconds of a request's time that are left for our own work."""
_REASON = "signed-out"
_KEPT_FOR = timedelta(hours=1)
"""Longer than a logout token is accepted, and than a login may take (twice 15 minutes)."""


def derive_session(auth: AuthContext, login: UpstreamLogin) -> UpstreamSession:
    """Derive how sessions store the session at the provider that a login opens them with."""
    key, upstream_id = _hash_key(auth), login.upstream.id
    session_id = login.session_id
    return UpstreamSession(
        council=login.upstream.council,
        upstream=upstream_id,
        method=login.method,
        person=logout_tokens.hash_name(key, "sub", upstream_id, login.sub),
        session=logout_tokens.hash_name(key, "sid", upstream_id, session_id)
        if session_id is not None
        else None,
        issued_at=login.issued_at,
    )


def _hash_key(auth: AuthContext) -> bytes:
    master = crypto.parse_master_key(auth.settings.master_key.get_secret_value())
    return crypto.derive_subkey(master, "upstream sessions")


async def is_logged_out(session: Session, upstream_session: UpstreamSession) -> bool:
    """Tell whether a session at the provider has ended there, and lock it until the transaction ends.

    The session sees every council afterwards.
    """
    await session.set_all_councils()
    await store.lock_exclusive(session, upstream_session.person, upstream_session.session)
    since = datetime.fromtimestamp(int(upstream_session.issued_at), UTC)
    return await store.is_logged_out(session, upstream_session.person, upstream_session.session, since)


async def receive_logout(
    database: Database, auth: AuthContext, providers: Providers, url_slug: str, upstream_id: UUID, token: str
) -> None:
    """Verify a provider's logout token, and end the sessions it is about. ``url_slug``: as its URL has it.

    A disabled upstream's tokens count too, since its sessions may be open. No transaction is open while the
    provider is called. Raises Problem 404, InvalidTokenError, ProviderUnavailableError and TimeoutError.
    """
    async with database.reading() as session:
        council = await upstreams.find_council(session, url_slug, upstream_id)
        upstream = await upstreams.get_upstream(session, council, upstream_id)
    if upstream is None:
        raise not_found("way to sign in with this id")
    async with asyncio.timeout(max(auth.settings.timeout - _MARGIN_SECONDS, 1)):
        logout_token = await _verify(providers, upstream, token, auth.clock())
    async with database.writing(council) as session:
        ended = await _end_sessions(session, auth, upstream, logout_token)
    log.info("upstream %s of %s ended %d sign-ins", upstream.id, council, ended)


async def _verify(providers: Providers, upstream: Upstream, token: str, now: float) -> LogoutToken:
    """Verify a logout token; for an unknown key, read the keys again."""
    provider = await providers.get_metadata(upstream.issuer)

    def read(keys: Keys) -> LogoutToken:
        return logout_tokens.verify_logout_token(token, keys, upstream.issuer, upstream.client_id, now)

    try:
        return read(await providers.get_keys(provider.jwks_uri))
    except UnknownKeyError:
        return read(await providers.get_keys(provider.jwks_uri, newer=True))


async def _end_sessions(
    session: Session, auth: AuthContext, upstream: Upstream, logout_token: LogoutToken
) -> int:
    """End the sessions, and count them. Raises InvalidTokenError for a token that was used before."""
    key, names = _hash_key(auth), (("sub", logout_token.subject), ("sid", logout_token.session_id))
    person_hash, session_hash = (
        logout_tokens.hash_name(key, claim, upstream.id, value) if value is not None else None
        for claim, value in names
    )
    values = {
        "upstream": upstream.id,
        "token_id": logout_token.token_id,
        "person": person_hash,
        "session": session_hash,
        "issued_at": datetime.fromtimestamp(logout_token.issued_at, UTC),
        "expires_at": auth.now() + _KEPT_FOR,
    }
    if not await store.insert_logout(session, upstream.council, values):
        raise InvalidTokenError("its jti was used before")
    # Sign-in locks its sessions first, so end them before taking the lock, and those opened meanwhile after.
    ended = await sessions.log_out_upstream(session, person_hash, session_hash, _REASON)
    await store.lock_exclusive(session, person_hash, session_hash)
    return ended + await sessions.log_out_upstream(session, person_hash, session_hash, _REASON)


async def purge_logouts(session: Session, most: int) -> int:
    """Delete a batch of logouts that are no longer needed. The session sees every council."""
    return await store.purge_logouts(session, clock.now(), most)
