"""E-mails and history entries for a person about the proof of their identity."""

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
from identity.messages import actions as messages
from identity.shared.tables import REGION

_ZONE = ZoneInfo("Europe/London")
_TEMPLATES = {
    "identity waiting": "identity-waiting",
    "identity proven": "identity-proven",
    "identity refused": "identity-ended",
    "identity withdrawn": "identity-ended",
}


async def notify_person(
    session: Session, account: UUID, history_text: str, proof: Row[Any], at: datetime
) -> None:
    """Record a change of a proof in the person's history, and e-mail them.

    ``history_text`` is a key of the history's texts.
    """
    council = None if proof.council == REGION else proof.council
    await history.record_event(session, account, history_text, at, council=council)
    row = await accounts.get(session, account)
    if row is None or row.address is None:
        return
    template, values = _TEMPLATES[history_text], {"place": await _prover_name(session, proof)}
    if template == "identity-proven":
        until = proof.expires_at.astimezone(_ZONE)
        values["until"] = format_date(until, "d MMMM y", locale=row.language)
    await messages.send_email(session, template, row.address, row.language, **values)


async def _prover_name(session: Session, proof: Row[Any]) -> str:
    """Get the name of the council or the host of the provider that made a proof."""
    if proof.council == REGION:
        return urlsplit(proof.proved_by).hostname or str(proof.proved_by)
    return await councils.get_name(session, proof.council)
