"""Letters by e-mail and texts: put into a queue in the transaction they belong to, sent by the worker."""

from datetime import UTC, datetime, timedelta

from chassis import ids
from chassis.database import Session
from identity.messages import store
from identity.messages.actions.templates import EMAIL, LANGUAGES, TEXT, Letter, write

__all__ = ["Letter", "send", "send_text", "write"]

_CODE_LIFE = timedelta(minutes=10)
_LIFE = timedelta(days=1)


async def send(session: Session, template: str, to: str, language: str, **personalisation: str) -> None:
    """Queue a letter; it goes when the transaction commits, and not when it is rolled back.

    ``template`` is a file of ``letters/``, ``language`` en or cy. KeyError for a template that does not exist
    and for a missing or surplus value: before anything is queued.
    """
    await _queue(session, EMAIL, template, to, language, personalisation)


async def send_text(session: Session, template: str, to: str, language: str, **personalisation: str) -> None:
    """Queue a text message to a number in E.164, as `send` does a letter; ``letters/texts/`` has them."""
    await _queue(session, TEXT, template, to, language, personalisation)


async def _queue(
    session: Session, channel: str, template: str, to: str, language: str, personalisation: dict[str, str]
) -> None:
    language = language if language in LANGUAGES else "en"
    write(template, language, personalisation, channel)
    now = datetime.now(UTC)
    # A code that comes too late is of no use, and of none to a thief who reads the queue.
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
    await store.add(session, values)
