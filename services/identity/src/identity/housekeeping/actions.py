"""What runs out is cleared away: sessions end, codes and counts go. The worker does it."""

import asyncio
from datetime import UTC, datetime, timedelta

from chassis.database import Database
from identity.accounts.actions import sessions
from identity.factors.actions import authentication, sms
from identity.grants.actions import grants
from identity.mandates.actions import mandates
from identity.proofs import store as stored_proofs
from identity.settings import Settings
from identity.upstream_login.actions import jit_staff, logouts
from identity.upstream_login.store import login_states
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
        await stored_proofs.sweep(session, now)
        await authentication.purge(session, now)
        await sms.purge_counts(session, now.date() - _A_MONTH)
        await grants.purge(session, now)
        await mandates.sweep(session)
        await login_states.sweep(session, now)
        await keys.sweep(session)
        await logouts.sweep(session, now)
        await jit_staff.sweep(session)
