"""Whose own affairs a person's token lets him see to."""

from uuid import UUID

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession
from chassis.problems import Problem
from identity.grants.store import grants


async def require_account(session: ReadSession, council: str, caller: Caller) -> UUID:
    """The account behind a token that the person himself gave a service of the council.

    Raises Problem 403 for a machine's token, and for one of somebody who acts for him: what is his own he
    sees to himself, and so there are no chains of mandates.
    """
    row = None if caller.mandate else await grants.get_by_access_token(session, _parse_id(caller.token_id))
    if row is None or row.council != council or row.revoked_at is not None or row.actor is not None:
        detail = "This is for people themselves: use a token the person gave you by signing in."
        raise Problem(403, "person-needed", detail)
    account: UUID = row.account
    return account


def _parse_id(text: str) -> UUID:
    try:
        return ids.read(text)
    except ValueError:
        return UUID(int=0)
