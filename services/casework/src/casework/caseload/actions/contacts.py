"""Correct how the person whom a case is about is reached; the history keeps what it was before."""

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.cases.actions import cases, changes
from casework.cases.actions.messages import save_contact
from casework.cases.actions.subjects import Contact, read_contact
from chassis.auth import Caller
from chassis.database import Session
from chassis.etags import Precondition

_NO_CONTACT: dict[str, Any] = {}


async def correct_contact(
    session: Session,
    council: str,
    caller: Caller,
    case_id: UUID,
    precondition: Precondition,
    contact: Contact,
) -> None:
    """Correct the contact of a case, for messages from now on. Raises Problem 404 or 412."""
    row, _, _ = await cases.lock_visible_case(session, council, caller, case_id)
    precondition.check(row.version, "case")
    await write_contact(session, row, contact, caller.record())


async def write_contact(session: Session, row: Row[Any], contact: Contact, actor: dict[str, str]) -> None:
    """Write the contact of a locked case, with its history: apart, since it is personal."""
    earlier = read_contact(row)
    before = _NO_CONTACT if earlier is None else asdict(earlier)
    pairs = {name: [before.get(name), value] for name, value in asdict(contact).items()}
    personal = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not personal:
        return
    await save_contact(session, row.council, row.id, contact)
    entry = changes.make_plain_entry(row, "contact", "correct", actor)
    await changes.record(session, row, replace(entry, personal=personal))
