"""Text messages: each costs money, so how many go is bounded, for one person and for all.

Who makes money by texts (toll fraud) asks for them to numbers of his own, many and dear. What he uses up
must not be what others sign in with: numbers nobody has proven are counted apart from those somebody has.
"""

import logging
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from chassis.database import Session
from identity.accounts.store import accounts as stored_accounts
from identity.factors.rules import phones
from identity.factors.store import phones as store
from identity.messages.actions import queue
from identity.shared.rules import limits
from identity.shared.rules.limits import Limit
from identity.verification.actions.context import AuthContext, ClientContext

log = logging.getLogger(__name__)


async def code(
    session: Session, auth: AuthContext, template: str, number: str, language: str, digits: str
) -> None:
    """Queue a code, with the line by which a browser knows that it is for our pages alone."""
    await queue.send_sms(session, template, number, language, code=digits, domain=auth.domain)


async def notice(session: Session, auth: AuthContext, template: str, number: str, language: str) -> None:
    """Queue a notice; not counted, as none goes without a code that was."""
    if auth.settings.texts != "none":
        await queue.send_sms(session, template, number, language)


async def may_send(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account: UUID,
    number: str,
    *,
    new: bool,
) -> datetime | None:
    """Count a text; None when it may go, else from when on one may be asked for again.

    ``new``: nobody has proven yet that the account's person reads it.
    """
    known = await stored_accounts.knows(session, account, client_context.browser)
    asked = _new(client_context, account, number) if new else _proven(client_context, account, known=known)
    retry_after = await auth.retry_after(session, *asked)
    return retry_after or await _within_budget(session, auth, number, "new" if new else "known")


def _new(client_context: ClientContext, account: UUID, number: str) -> list[tuple[Limit, str]]:
    return [
        (limits.TEXTS_FOR_ACCOUNT, str(account)),
        (limits.TEXTS_FOR_ACCOUNT_A_DAY, str(account)),
        (limits.TEXTS_TO_NUMBER, number),
        (limits.TEXTS_TO_NUMBER_A_DAY, number),
        (limits.TEXTS_TO_NEIGHBOURS, phones.neighbours(number)),
        (limits.TEXTS_FROM_NETWORK, client_context.network),
    ]


def _proven(client_context: ClientContext, account: UUID, *, known: bool) -> list[tuple[Limit, str]]:
    """The number's own counts are left out: strangers can fill those, and would shut its owner out."""
    if known:
        here = f"{account} {client_context.browser.hex()}"
        return [(limits.TEXTS_IN_KNOWN, here), (limits.TEXTS_IN_KNOWN_A_DAY, here)]
    return [
        (limits.TEXTS_FOR_ACCOUNT, str(account)),
        (limits.TEXTS_FOR_ACCOUNT_A_DAY, str(account)),
        (limits.TEXTS_FROM_NETWORK, client_context.network),
    ]


async def _within_budget(session: Session, auth: AuthContext, number: str, kind: str) -> datetime | None:
    settings, now = auth.settings, auth.now()
    budgets = {"new": settings.texts_new_per_day, "known": settings.texts_per_day}
    asked = {f"{kind}-abroad": settings.texts_abroad_per_day} if phones.is_abroad(number) else {}
    for name, most in {**asked, kind: budgets[kind]}.items():
        sent = await store.count_text(session, now.date(), name, most)
        if sent is None:
            return datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        if sent == most:
            log.error("the day's budget of text messages is used up: %s of %s", most, name)
    return None
