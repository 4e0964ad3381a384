"""Letters by e-mail: written into a queue in the transaction they belong to, sent by the worker."""

from datetime import UTC, datetime, timedelta

from chassis import ids
from chassis.database import Session
from identity.actions.mail.texts import LANGUAGES, Letter, write
from identity.store import mail as store

__all__ = ["Letter", "send", "write"]

_CODE_LIFE = timedelta(minutes=10)
_LIFE = timedelta(days=1)


async def send(session: Session, template: str, to: str, language: str, **personalisation: str) -> None:
    """Queue a letter; it goes when the transaction commits, and not when it is rolled back.

    ``template`` is a file of ``letters/``, ``language`` en or cy. KeyError for a template that does not exist
    and for a missing or surplus value: before anything is queued.
    """
    language = language if language in LANGUAGES else "en"
    write(template, language, personalisation)
    now = datetime.now(UTC)
    # A code that comes too late is of no use, and of none to a thief who reads the queue.
    life = _CODE_LIFE if "code" in personalisation else _LIFE
    values = {
        "id": ids.new(),
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
