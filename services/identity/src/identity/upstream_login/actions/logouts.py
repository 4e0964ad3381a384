"""Somebody signs out at another provider: what was opened here through it ends with that."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.database import Database, Session
from chassis.problems import not_found
from identity.accounts.actions import sessions
from identity.accounts.rules.upstream_session import UpstreamSession
from identity.shared.rules import crypto
from identity.upstream_login.actions.login_states import UpstreamLogin
from identity.upstream_login.rules import logout_tokens
from identity.upstream_login.rules.id_tokens import RefusedError, UnknownKeyError
from identity.upstream_login.rules.logout_tokens import Logout
from identity.upstream_login.store import logouts as store
from identity.upstreams import store as upstreams
from identity.upstreams.actions.providers import Providers
from identity.upstreams.rules.metadata import Keys
from identity.upstreams.store import Upstream
from identity.verification.actions.context import AuthContext

log = logging.getLogger(__name__)

_MARGIN = 2.0
"""Seconds kept for our own work, of those a request may take."""
_REASON = "signed-out"
_REMEMBERED = timedelta(hours=1)
"""Longer than a logout token is young enough to come again, and than anybody is on the way (twice 15 min)."""


def derive_session(auth: AuthContext, login: UpstreamLogin) -> UpstreamSession:
    """The sign-in there that opens a session here."""
    hiding, upstream = _hiding(auth), login.upstream.id
    there = login.session_id
    return UpstreamSession(
        person=logout_tokens.hidden(hiding, "sub", upstream, login.sub),
        session=logout_tokens.hidden(hiding, "sid", upstream, there) if there is not None else None,
        issued_at=login.issued_at,
    )


def _hiding(auth: AuthContext) -> bytes:
    master = crypto.parse_master_key(auth.settings.master_key.get_secret_value())
    return crypto.derive_subkey(master, "upstream sessions")


async def over(session: Session, opening: UpstreamSession) -> bool:
    """Whether that sign-in has ended there already. Until the transaction ends it does not end unheard.

    The session sees every council after.
    """
    await session.across_councils()
    await store.alone(session, opening.person, opening.session)
    since = datetime.fromtimestamp(int(opening.issued_at), UTC)
    return await store.over(session, opening.person, opening.session, since)


async def hear(
    database: Database, auth: AuthContext, providers: Providers, council: str, upstream_id: UUID, token: str
) -> None:
    """A provider's logout token. Raises Problem 404, RefusedError, AwayError and TimeoutError.

    An upstream that is switched off is heard still: what was opened through it is open. No transaction is
    open while the provider is called. Of whom nothing is open, nothing happens.
    """
    async with database.reading(council) as session:
        upstream = await upstreams.one(session, council, upstream_id)
    if upstream is None:
        raise not_found("way to sign in with this id")
    async with asyncio.timeout(max(auth.settings.timeout - _MARGIN, 1)):
        heard = await _read(providers, upstream, token, auth.clock())
    async with database.writing(council) as session:
        ended = await _end(session, auth, upstream, heard)
    log.info("upstream %s of %s ended %d sessions", upstream.id, council, ended)


async def _read(providers: Providers, upstream: Upstream, token: str, now: float) -> Logout:
    """What it says; a key that is not known may be a new one."""
    provider = await providers.describe(upstream.issuer)

    def read(known: Keys) -> Logout:
        return logout_tokens.logout_token(token, known, upstream.issuer, upstream.client_id, now)

    try:
        return read(await providers.keys(provider.jwks_uri))
    except UnknownKeyError:
        return read(await providers.keys(provider.jwks_uri, newer=True))


async def _end(session: Session, auth: AuthContext, upstream: Upstream, heard: Logout) -> int:
    """End what it was opened with; how many sessions there were. Raises RefusedError for a second time."""
    hiding, named = _hiding(auth), (("sub", heard.subject), ("sid", heard.session_id))
    person, there = (
        logout_tokens.hidden(hiding, what, upstream.id, value) if value is not None else None
        for what, value in named
    )
    values = {
        "upstream": upstream.id,
        "token_id": heard.token_id,
        "person": person,
        "session": there,
        "issued_at": datetime.fromtimestamp(heard.issued_at, UTC),
        "expires_at": auth.now() + _REMEMBERED,
    }
    if not await store.add(session, upstream.council, values):
        raise RefusedError("its jti was used before")
    # Sessions before the lock, as who signs in has them; and what was opened while this waited for it.
    ended = await sessions.end_through(session, person, there, _REASON)
    await store.alone(session, person, there)
    return ended + await sessions.end_through(session, person, there, _REASON)


async def sweep(session: Session, now: datetime) -> None:
    """Forget what cannot come again. The session sees every council after."""
    await session.across_councils()
    await store.sweep(session, now)
