"""What accounts have that are few and have few postings, such as those of bags on their way to the bank."""

from collections.abc import Sequence

from chassis.database import ReadSession
from payments.ledger.rules import Role
from payments.ledger.store import takings as store


async def read_balances(
    session: ReadSession, council: str, mode: str, role: Role, codes: Sequence[str]
) -> dict[str, int]:
    """Sum the postings of accounts of a role, by code; an account that nothing was posted to is left out."""
    if not codes:
        return {}
    return {row.code: row.balance for row in await store.list_balances(session, council, mode, role, codes)}
