"""Purge what has expired: sessions end, codes, requests and counts are deleted. The worker runs it."""

import asyncio
from datetime import timedelta

from chassis import clock
from chassis.database import Database
from identity.accounts.actions import sessions
from identity.factors.actions import authentication, sms
from identity.grants.actions import grants
from identity.mandates.actions import mandates
from identity.proofs.actions import desk_codes
from identity.settings import Settings
from identity.staff.actions import jit_provisioning
from identity.upstream_login.actions import login_states, logouts
from identity.upstreams.actions import keys
from identity.verification.actions import codes

_EVERY = 30  # seconds
_A_MONTH = timedelta(days=31)


async def run(database: Database, _settings: Settings) -> None:
    """Purge every half minute, for ever."""
    while True:
        await purge(database)
        await asyncio.sleep(_EVERY)


async def purge(database: Database) -> None:
    """End every session whose time is over, a batch a transaction; then delete what has expired."""
    ended = 1
    while ended:
        async with database.writing() as session:
            ended = await sessions.expire(session)
    async with database.writing() as session:
        now = clock.now()
        await codes.purge(session, now)
        await desk_codes.purge_desk_codes(session)
        await authentication.purge(session, now)
        await sms.purge_counts(session, now.date() - _A_MONTH)
        await grants.purge(session, now)
        await mandates.purge_offers(session)
        await login_states.purge_states(session, now)
        await keys.purge_keys(session)
        await logouts.purge_logouts(session, now)
        await jit_provisioning.purge_absent(session)
