"""E-mails about mandates: offered to the delegate, accepted to the principal, ended to the other side."""

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

# The name goes into an e-mail to somebody else, so it must not carry a web address or a sentence.
_NOT_OF_NAMES = re.compile(r"[^\w\s'\u2019-]")
_LONGEST_NAME = 60


async def check_offer_rate(session: Session, auth: AuthContext, account: UUID, email: str | None) -> bool:
    """Count an offer, and tell whether its address gets an e-mail. Raises Problem 429 for too many offers.

    An address that was sent too many gets no more, and the answer does not show it. The offer still appears
    when its person signs in, so nobody can use the limit to block other people's offers to them.
    """
    if not await auth.check_rate(session, (limits.OFFERS_FOR_ACCOUNT, str(account))):
        detail = f"You have made {limits.OFFERS_FOR_ACCOUNT.most} offers today. Try again tomorrow."
        raise Problem(429, "too-many-offers", detail, headers={"Retry-After": "86400"})
    if email is None:
        return False
    return await auth.check_rate(session, (limits.OFFERS_TO_ADDRESS, email_addresses.normalise(email)))


async def send_offered(session: Session, council: str, row: Row[Any], address: str) -> None:
    """E-mail an offer to its address, in the principal's language: the delegate's is not known."""
    principal = await accounts.get(session, row.principal)
    language = principal.language if principal is not None else "en"
    name = _printable_name(row.principal_name)
    await queue.send_email(
        session,
        "mandate-offered",
        address,
        language,
        name=name,
        council=await councils.get_name(session, council),
    )


async def send_accepted(session: Session, council: str, row: Row[Any]) -> None:
    """E-mail the principal that their offer was accepted."""
    await _send(session, "mandate-accepted", council, row.principal, row.delegate_name)


async def send_ended(session: Session, council: str, row: Row[Any]) -> None:
    """E-mail the side that did not end the mandate."""
    by_principal = row.ended_by == "principal"
    recipient, name = (
        (row.delegate, row.principal_name) if by_principal else (row.principal, row.delegate_name)
    )
    await _send(session, "mandate-ended", council, recipient, name)


async def _send(session: Session, template: str, council: str, account: UUID, name: str | None) -> None:
    row = await accounts.get(session, account)
    if row is None or row.address is None:
        return
    values = {"name": _printable_name(name), "council": await councils.get_name(session, council)}
    await queue.send_email(session, template, row.address, row.language, **values)


def _printable_name(name: str | None) -> str:
    """Reduce a person's name to what an e-mail may show of it."""
    return " ".join(_NOT_OF_NAMES.sub(" ", name or "").split())[:_LONGEST_NAME] or "?"
