"""What runs out is cleared away: sessions end, codes and counts go. The worker does it."""

import asyncio
from datetime import UTC, datetime, timedelta

from chassis.database import Database
from identity.actions import directory_claims, mandates, sessions, upstream_keys, upstream_logouts
from identity.rules import parties
from identity.settings import Settings
from identity.store import authorisations, grants, identity_proofs, phones, proofs, upstream_visits

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
        await proofs.sweep(session, now)
        await identity_proofs.sweep(session, now)
        await phones.sweep(session, now.date() - _A_MONTH)
        await authorisations.sweep(session, now)
        await grants.sweep(session, now, now - timedelta(seconds=parties.GRANT_SECONDS))
        await mandates.sweep(session)
        await upstream_visits.sweep(session, now)
        await upstream_keys.sweep(session)
        await upstream_logouts.sweep(session, now)
        await directory_claims.sweep(session)
