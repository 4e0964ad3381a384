"""What a person hears when something becomes of the proof of his identity."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import Row

from chassis.database import Session
from identity.accounts.actions import accounts
from identity.councils.actions import councils
from identity.grants.actions import history
from identity.messages.actions import queue
from identity.shared.tables import REGION

_HERE = ZoneInfo("Europe/London")
_LETTERS = {
    "identity waiting": "identity-waiting",
    "identity proven": "identity-proven",
    "identity refused": "identity-ended",
    "identity withdrawn": "identity-ended",
}


async def tell(session: Session, account: UUID, what: str, proof: Row[Any], at: datetime) -> None:
    """In the history and by letter: ``what`` is a key of the history's texts."""
    council = None if proof.council == REGION else proof.council
    await history.record_event(session, account, what, at, council=council)
    row = await accounts.get(session, account)
    if row is None or row.address is None:
        return
    letter, values = _LETTERS[what], {"place": await _place(session, proof)}
    if letter == "identity-proven":
        until = proof.expires_at.astimezone(_HERE)
        values["until"] = format_date(until, "d MMMM y", locale=row.language)
    await queue.send_email(session, letter, row.address, row.language, **values)


async def _place(session: Session, proof: Row[Any]) -> str:
    """Who made it: a council, or another provider."""
    if proof.council == REGION:
        return urlsplit(proof.proved_by).hostname or str(proof.proved_by)
    return await councils.get_name(session, proof.council)
