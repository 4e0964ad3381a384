"""What a client may learn of a person, and by which name."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import ReadSession
from identity.actions.issuer import Issuer
from identity.rules import subjects
from identity.store import accounts

OF_PEOPLE = frozenset({"openid", "email", "phone", "offline_access"})
"""The scopes that say what a client learns; the others say what it may do."""


def subject(issuer: Issuer, council: str, account: UUID) -> str:
    """How the services of a council know the person."""
    return subjects.pairwise(issuer.naming, council, "account", account)


def session_name(issuer: Issuer, council: str, session: UUID) -> str:
    """How the services of a council know the person's session (``sid``)."""
    return subjects.pairwise(issuer.naming, council, "session", session)


async def claims(session: ReadSession, row: Row[Any], wanted: frozenset[str]) -> dict[str, Any]:
    """The claims wanted of the account of a grant: those there are."""
    found: dict[str, Any] = {}
    account = await accounts.one(session, row.account)
    if account is not None and account.address is not None:
        found |= {"email": account.address, "email_verified": True}
    if account is not None and account.phone is not None:  # none is kept that was not proven
        found |= {"phone_number": account.phone, "phone_number_verified": True}
    return {name: value for name, value in found.items() if name in wanted}
