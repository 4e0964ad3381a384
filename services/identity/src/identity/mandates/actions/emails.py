"""Letters about mandates: to who is asked, to who asked, and to the other side when one ends."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import Session
from chassis.problems import Problem
from identity.accounts.actions import accounts
from identity.councils.actions import councils
from identity.messages.actions import queue
from identity.shared.rules import email_addresses, limits
from identity.verification.actions.context import AuthContext

# A name stands in a letter to somebody else: no addresses of web sites, no sentences.
_NOT_OF_NAMES = re.compile(r"[^\w\s'\u2019-]")
_LONGEST_NAME = 60


async def may_offer(session: Session, auth: AuthContext, account: UUID, email: str | None) -> bool:
    """Count an offer; whether its address is to have a letter. Raises Problem 429 for too many of one person.

    An address that has had enough has no more, and nobody learns of it: the offer stands where its person
    signs in, so nobody can keep others' offers from him.
    """
    if not await auth.check_rate(session, (limits.OFFERS_FOR_ACCOUNT, str(account))):
        detail = f"You have made {limits.OFFERS_FOR_ACCOUNT.most} offers today. Try again tomorrow."
        raise Problem(429, "too-many-offers", detail, headers={"Retry-After": "86400"})
    if email is None:
        return False
    return await auth.check_rate(session, (limits.OFFERS_TO_ADDRESS, email_addresses.normalise(email)))


async def offered(session: Session, council: str, row: Row[Any], to: str) -> None:
    """To the address an offer is for, whoever has it; in the language of who offers."""
    principal = await accounts.get(session, row.principal)
    language = principal.language if principal is not None else "en"
    name = _name(row.principal_name)
    await queue.send_email(
        session, "mandate-offered", to, language, name=name, council=await _council(session, council)
    )


async def accepted(session: Session, council: str, row: Row[Any]) -> None:
    await _tell(session, "mandate-accepted", council, row.principal, row.delegate_name)


async def ended(session: Session, council: str, row: Row[Any]) -> None:
    """To the side that did not end it."""
    by_principal = row.ended_by == "principal"
    other, name = (row.delegate, row.principal_name) if by_principal else (row.principal, row.delegate_name)
    await _tell(session, "mandate-ended", council, other, name)


async def _tell(session: Session, letter: str, council: str, account: UUID, name: str | None) -> None:
    row = await accounts.get(session, account)
    if row is None or row.address is None:
        return
    values = {"name": _name(name), "council": await _council(session, council)}
    await queue.send_email(session, letter, row.address, row.language, **values)


async def _council(session: Session, slug: str) -> str:
    return await councils.get_name(session, slug)


def _name(written: str | None) -> str:
    """A person's name as it may stand in a letter."""
    return " ".join(_NOT_OF_NAMES.sub(" ", written or "").split())[:_LONGEST_NAME] or "?"
