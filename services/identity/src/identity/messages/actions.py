"""Queue e-mails and SMS to people about their accounts, as the region's."""

from datetime import timedelta

from chassis.database import ALL_COUNCILS, Session
from chassis.jobs import Priority
from chassis.messages import Email, Messages, NewMessage, Sms

messages = Messages("identity")
# A code that arrives after it has expired helps nobody, and should not stay in the table to be stolen.
_CODE_LIFE = timedelta(minutes=10)
_LIFE = timedelta(days=1)
_INSTEAD_OF_CODES = {
    "no-account",
    "has-account",
    "email-taken",
}  # no later than a code would be: that would tell


async def send_email(session: Session, template: str, to: str, language: str, **personalisation: str) -> None:
    """Queue an e-mail, as ``Messages.queue`` does. ``template`` is a file of some domain's ``emails/``."""
    await _queue(session, Email, template, to, language, personalisation)


async def send_sms(session: Session, template: str, to: str, language: str, **personalisation: str) -> None:
    """Queue an SMS to a number in E.164, as ``send_email`` queues an e-mail; templates lie in ``sms/``."""
    await _queue(session, Sms, template, to, language, personalisation)


async def _queue(
    session: Session,
    kind: type[NewMessage],
    template: str,
    to: str,
    language: str,
    personalisation: dict[str, str],
) -> None:
    has_code = "code" in personalisation
    life = _CODE_LIFE if has_code else _LIFE
    is_urgent = has_code or template in _INSTEAD_OF_CODES
    priority = Priority.URGENT if is_urgent else Priority.USUAL
    message = kind(template, to, language, personalisation, life, priority)
    await messages.queue(session, message, council=ALL_COUNCILS)
