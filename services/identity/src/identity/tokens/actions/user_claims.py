"""What a client may learn of a person, and by which name."""

from typing import Any

from sqlalchemy import Row

from chassis.database import ReadSession
from identity.accounts.store import accounts


async def read_user_claims(session: ReadSession, row: Row[Any], wanted: frozenset[str]) -> dict[str, Any]:
    """The claims wanted of the account of a grant: those there are."""
    found: dict[str, Any] = {}
    account = await accounts.one(session, row.account)
    if account is not None and account.address is not None:
        found |= {"email": account.address, "email_verified": True}
    if account is not None and account.phone is not None:  # none is kept that was not proven
        found |= {"phone_number": account.phone, "phone_number_verified": True}
    return {name: value for name, value in found.items() if name in wanted}
