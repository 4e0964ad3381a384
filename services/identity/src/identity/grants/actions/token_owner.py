"""Resolve the grant and the account that an access token belongs to."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession
from chassis.problems import Problem
from identity.grants.store import grants as store


async def get_grant(session: ReadSession, caller: Caller) -> Row[Any] | None:
    """Get the grant in force behind a person's access token; None for a machine's."""
    row = await _get_grant(session, caller)
    return row if row is not None and row.revoked_at is None else None


async def get_account(session: ReadSession, caller: Caller) -> UUID | None:
    """Get the account of the person who holds the token: the delegate's, if they act for another.

    None for a machine's token. A grant that was revoked since still names its person.
    """
    row = await _get_grant(session, caller)
    account: UUID | None = None if row is None else row.actor or row.account
    return account


async def require_account(session: ReadSession, council: str, caller: Caller) -> UUID:
    """Get the account behind a token that the person themselves gave a service of the council.

    Raises Problem 403 as ``require_grant`` does.
    """
    account: UUID = (await require_grant(session, council, caller)).account
    return account


async def require_grant(session: ReadSession, council: str, caller: Caller) -> Row[Any]:
    """Get the grant in force behind a token that the person themselves gave a service of the council.

    Raises Problem 403 for a machine's token, and for a delegate's: people see to what is their own
    themselves, so there are no chains of mandates.
    """
    row = None if caller.mandate else await get_grant(session, caller)
    if row is None or row.council != council or row.actor is not None:
        detail = "This is for people themselves: use a token the person gave you by signing in."
        raise Problem(403, "person-needed", detail)
    return row


async def _get_grant(session: ReadSession, caller: Caller) -> Row[Any] | None:
    try:
        return await store.get_by_access_token(session, ids.read(caller.token_id))
    except ValueError:  # an id of another kind: not a person's token
        return None
