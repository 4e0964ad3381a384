"""E-mails about mandates: to both sides when one is confirmed, accepted, ended."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from identity.accounts.actions import accounts
from identity.councils.actions import councils
from identity.messages import actions as messages
from identity.settings import Settings
from identity.verification.actions.context import AuthContext

# The name goes into an e-mail to somebody else, so it must not carry a web address or a sentence.
_NOT_OF_NAMES = re.compile(r"[^\w\s'\u2019-]")
_LONGEST_NAME = 60


async def check_offer_rate(session: Session, auth: AuthContext, account: UUID) -> None:
    """Count an offer. Raises Problem 429 for too many."""
    refusal = await auth.limiter.take(session, (auth.settings.limit_offers_for_account, str(account)))
    if refusal is not None:
        raise refusal.to_problem()


async def allows_address(session: Session, auth: AuthContext, email: str) -> bool:
    """Count an e-mail to an address that a person names; false for too many."""
    return await auth.retry_after(session, (auth.settings.limit_offers_to_address, email)) is None


def build_url(settings: Settings, mandate_id: UUID) -> str:
    """Build the address of the page where the sides of a mandate see, confirm, accept and end it."""
    return f"{settings.issuer}account/mandates/{ids.show(mandate_id)}"


async def send_confirmed(session: Session, auth: AuthContext, row: Row[Any]) -> None:
    """E-mail a confirmed offer to its address and the principal.

    An address that was sent too many gets no more, and nobody is shown it. The offer still appears when its
    person signs in, so nobody can use the limit to block other people's offers to them.
    """
    principal = await accounts.get(session, row.principal)
    values = {
        "council": await councils.get_name(session, row.council),
        "link": build_url(auth.settings, row.id),
    }
    if row.email and await allows_address(session, auth, row.email):
        # In the principal's language: the delegate's is not known.
        language = principal.language if principal is not None else "en"
        name = printable_name(row.principal_name)
        await messages.send_email(session, "mandate-offered", row.email, language, name=name, **values)
    await _send(session, "mandate-confirmed", row.principal, name=printable_name(row.delegate_name), **values)


async def send_accepted(session: Session, auth: AuthContext, row: Row[Any]) -> None:
    """E-mail both sides that an offer was accepted."""
    council, link = await councils.get_name(session, row.council), build_url(auth.settings, row.id)
    for template, account, name in (
        ("mandate-accepted", row.principal, row.delegate_name),
        ("mandate-acting", row.delegate, row.principal_name),
    ):
        await _send(session, template, account, name=printable_name(name), council=council, link=link)


async def send_ended(session: Session, row: Row[Any]) -> None:
    """E-mail both sides that a mandate has ended."""
    council = await councils.get_name(session, row.council)
    for account, name in ((row.principal, row.delegate_name), (row.delegate, row.principal_name)):
        await _send(session, "mandate-ended", account, name=printable_name(name), council=council)


async def _send(session: Session, template: str, account: UUID, **values: str) -> None:
    row = await accounts.get(session, account)
    if row is not None and row.address is not None:
        await messages.send_email(session, template, row.address, row.language, **values)


def printable_name(name: str | None) -> str:
    """Reduce a person's name to what an e-mail may show of it."""
    return " ".join(_NOT_OF_NAMES.sub(" ", name or "").split())[:_LONGEST_NAME] or "?"
