"""Queue e-mails and SMS in the transaction they belong to; the worker sends them."""

from datetime import timedelta

from chassis import clock, ids
from chassis.database import Session
from identity.messages import store
from identity.messages.actions.templates import EMAIL, LANGUAGES, SMS, render

_CODE_LIFE = timedelta(minutes=10)
_LIFE = timedelta(days=1)


async def send_email(session: Session, template: str, to: str, language: str, **personalisation: str) -> None:
    """Queue an e-mail, to be sent once the transaction has committed.

    ``template`` is a file of some domain's ``emails/``; ``language`` is en or cy. Raises KeyError, before
    anything is queued, for a template that does not exist and for a missing or surplus value.
    """
    await _add(session, EMAIL, template, to, language, personalisation)


async def send_sms(session: Session, template: str, to: str, language: str, **personalisation: str) -> None:
    """Queue an SMS to a number in E.164, as `send_email` queues an e-mail; templates lie in ``sms/``."""
    await _add(session, SMS, template, to, language, personalisation)


async def _add(
    session: Session, channel: str, template: str, to: str, language: str, personalisation: dict[str, str]
) -> None:
    language = language if language in LANGUAGES else "en"
    render(template, language, personalisation, channel)
    now = clock.now()
    # A code that arrives after it has expired helps nobody, and should not stay in the table to be stolen.
    life = _CODE_LIFE if "code" in personalisation else _LIFE
    values = {
        "id": ids.new(),
        "channel": channel,
        "template": template,
        "language": language,
        "address": to,
        "personalisation": personalisation,
        "tries": 0,
        "created_at": now,
        "due_at": now,
        "expires_at": now + life,
    }
    await store.create(session, values)
