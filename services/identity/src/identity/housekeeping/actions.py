"""What runs out is cleared away: sessions end, codes and counts go. The worker does it."""

import asyncio
from datetime import UTC, datetime, timedelta

from chassis.database import Database
from identity.accounts.actions import sessions
from identity.factors.actions import authentication, sms
from identity.grants.store import authorizations, grants
from identity.mandates.actions import mandates
from identity.proofs.actions import proofs
from identity.settings import Settings
from identity.shared.oauth import relying_party
from identity.staff.actions import jit_provisioning
from identity.upstream_login.actions import login_states, logouts
from identity.upstreams.actions import keys
from identity.verification import store as stored_codes

_EVERY = 30  # seconds
_A_MONTH = timedelta(days=31)


async def sweep(database: Database, _settings: Settings) -> None:
    """Clear away for ever."""
    while True:
        await once(database)
        await asyncio.sleep(_EVERY)


async def once(database: Database) -> None:
    """End every session whose time is over, a batch a transaction; delete what is of no use any more."""
    ended = 1
    while ended:
        async with database.writing() as session:
            ended = await sessions.expire(session)
    async with database.writing() as session:
        now = datetime.now(UTC)
        await stored_codes.sweep(session, now)
        await proofs.purge_desk_codes(session)
        await authentication.purge(session, now)
        await sms.purge_counts(session, now.date() - _A_MONTH)
        await authorizations.sweep(session, now)
        await grants.sweep(session, now, now - timedelta(seconds=relying_party.GRANT_SECONDS))
        await mandates.purge_offers(session)
        await login_states.purge_states(session, now)
        await keys.purge_keys(session)
        await logouts.purge_logouts(session, now)
        await jit_provisioning.purge_absent(session)
