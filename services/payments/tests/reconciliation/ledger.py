"""The ledger as tests of reconciliation look at it."""

from sqlalchemy import text

from chassis.jobs import enqueue
from payments.reconciliation.actions.fetches import FetchSettlements


async def difference(balances, before):
    """What has moved since, by role."""
    after = await balances()
    moved = {role: after[role] - before.get(role, 0) for role in after}
    return {role: amount for role, amount in moved.items() if amount}


async def fetch(database, run_jobs):
    """Fetch the settlements of the sandbox account."""
    async with database.writing("citytown") as session:
        account = await session.scalar(text("SELECT id FROM gateway_account WHERE is_default"))
        await enqueue(session, FetchSettlements(account=account), council="citytown")
    await run_jobs()
