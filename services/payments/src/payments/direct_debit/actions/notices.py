"""Advance notice: an e-mail that says amounts and days before they are charged, when one of them is new."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from chassis.messages import Email
from chassis.web import gettext_noop, translate
from chassis.web.languages import Language
from payments.direct_debit.actions import service_users
from payments.direct_debit.store import mandates as store
from payments.gateway_accounts.actions.accounts import SANDBOX
from payments.receipts.actions import find_council_name, messages
from payments.shared.locales import format_amount, format_day

TEMPLATE = "direct-debit-notice"
_LIFE = timedelta(days=7)
_TEST = gettext_noop("This is a test. No money will be taken.")
_AGAIN = gettext_noop("Your bank did not pay this Direct Debit. We will ask your bank for it once more.")


async def queue_notice(
    session: Session, mandate: Row[Any], charges: Sequence[tuple[Any, int]], *, is_presentation: bool = False
) -> UUID | None:
    """Queue the notice of charges, each a day and pence; None if nothing may be sent to the payer."""
    email = await store.find_email(session, mandate.council, mandate.id)
    if email is None or mandate.stops_letters:
        return None
    user = await service_users.find_user(session, mandate.council, mandate.service_user)
    language: Language = "cy" if mandate.language == "cy" else "en"
    lines = [f"{format_day(day, language)}: {format_amount(amount, language)}" for day, amount in charges]
    notes = [_AGAIN] if is_presentation else []
    notes += [_TEST] if mandate.mode == SANDBOX else []
    personalisation: dict[str, str | list[str]] = {
        "council": await find_council_name(session, mandate.council),
        "name": user.statement_name,
        "reference": mandate.reference,
        "lines": lines,
        "notes": [translate("payments", language, note) for note in notes],
    }
    message = Email(TEMPLATE, email, language, personalisation, _LIFE)
    message_id = await messages.queue(session, message, council=mandate.council)
    notice_id = ids.new()
    row = {
        "council": mandate.council,
        "id": notice_id,
        "mandate": mandate.id,
        "message": message_id,
        "created_at": clock.now(),
    }
    await store.insert_notice(session, row)
    return notice_id


@messages.after_sent(TEMPLATE)
async def record_sent(session: Session, council: str, message_id: UUID) -> None:
    """Record when a notice was sent: only then may its collections be submitted."""
    await store.record_sent(session, council, message_id, clock.now())
