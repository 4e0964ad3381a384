"""Send SMS. Each costs money, so limits bound how many one person and everybody together can cause.

Toll fraud: attackers request SMS to premium numbers they own. Numbers that nobody has proven have a budget of
their own, so that using it up does not stop people signing in by numbers they have proven.
"""

import logging
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from chassis import clock
from chassis.database import Session
from chassis.rates import Limit
from identity.accounts.actions import known_browsers
from identity.factors.rules import phones
from identity.factors.store import phones as store
from identity.messages import actions as messages
from identity.settings import Settings
from identity.verification.actions import codes
from identity.verification.actions.context import AuthContext, ClientContext

log = logging.getLogger(__name__)

_A_MONTH = timedelta(days=31)


async def send_code(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account_id: UUID,
    number: str,
    *,
    purpose: str,
    template: str,
    new: bool = False,
    confirms: str | None = None,
) -> datetime | None:
    """Send a code by SMS. Return from when on it may be sent, when there were too many.

    ``new``: nobody has proven yet that the account's person reads the number. ``confirms``: what the code is
    kept for, the number itself if not given. The SMS ends with the line that binds the code to our pages.
    """
    retry_after = await _check_rate(session, auth, client_context, account_id, number, new=new)
    if retry_after is not None:
        return retry_after
    code = await codes.create_code(
        session, auth, client_context, purpose, confirms or number, account_id, opens=True
    )
    language = client_context.language
    await messages.send_sms(session, template, number, language, code=code, domain=auth.domain)
    return None


async def send_notice(session: Session, auth: AuthContext, template: str, number: str, language: str) -> None:
    """Send a notice by SMS. It needs no limit: each follows a code that was counted."""
    if auth.settings.texts != "none":
        await messages.send_sms(session, template, number, language)


async def purge_counts(session: Session, most: int) -> int:
    """Delete a batch of the counts of SMS of days a month ago."""
    return await store.purge_counts(session, clock.now().date() - _A_MONTH, most)


async def _check_rate(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account_id: UUID,
    number: str,
    *,
    new: bool,
) -> datetime | None:
    known_browser = await known_browsers.is_known(session, account_id, client_context)
    if new:
        counts = _limits_of_new_number(auth.settings, client_context, account_id, number)
    else:
        counts = _limits_of_proven_number(
            auth.settings, client_context, account_id, known_browser=known_browser
        )
    retry_after = await auth.retry_after(session, *counts)
    return retry_after or await _check_budget(session, auth, number, "new" if new else "known")


def _limits_of_new_number(
    settings: Settings, client_context: ClientContext, account_id: UUID, number: str
) -> list[tuple[Limit, str]]:
    return [
        (settings.limit_sms_for_account, str(account_id)),
        (settings.limit_sms_for_account_a_day, str(account_id)),
        (settings.limit_sms_to_number, number),
        (settings.limit_sms_to_number_a_day, number),
        (settings.limit_sms_to_block_a_day, phones.number_block(number)),
        (settings.limit_sms_from_network, client_context.network),
    ]


def _limits_of_proven_number(
    settings: Settings, client_context: ClientContext, account_id: UUID, *, known_browser: bool
) -> list[tuple[Limit, str]]:
    """The number's own limits do not apply: strangers could reach them, and lock its owner out."""
    if known_browser:
        browser_of_account = f"{account_id} {client_context.browser.hex()}"
        return [
            (settings.limit_sms_in_known_browser, browser_of_account),
            (settings.limit_sms_in_known_browser_a_day, browser_of_account),
        ]
    return [
        (settings.limit_sms_for_account, str(account_id)),
        (settings.limit_sms_for_account_a_day, str(account_id)),
        (settings.limit_sms_from_network, client_context.network),
    ]


async def _check_budget(session: Session, auth: AuthContext, number: str, kind: str) -> datetime | None:
    settings, now = auth.settings, auth.now()
    budgets = {"new": settings.texts_new_per_day, "known": settings.texts_per_day}
    abroad = {f"{kind}-abroad": settings.texts_abroad_per_day} if phones.is_abroad(number) else {}
    for name, budget in {**abroad, kind: budgets[kind]}.items():
        count = await store.count_sms(session, now.date(), name, budget)
        if count is None:
            return datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        if count == budget:
            log.error("the day's budget of SMS is used up: %s of %s", budget, name)
    return None
