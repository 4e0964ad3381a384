"""What a person does about their own case, or a delegate for them: the history names both."""

from dataclasses import replace
from uuid import UUID

from casework.caseload.actions.contacts import write_contact
from casework.cases.actions import cases, changes, messages
from casework.cases.actions.cases import Opening
from casework.cases.actions.subjects import Contact, find_published
from casework.model.rules.acts import Act
from casework.residents.actions import own_cases
from casework.residents.actions.own_cases import OwnedCase
from casework.residents.schemas import NewOwnCase
from casework.shared.references import format_reference
from chassis.auth import Caller
from chassis.database import Session
from chassis.etags import Precondition


async def open_own_case(session: Session, council: str, caller: Caller, body: NewOwnCase) -> str:
    """Open a case about the caller, or whom they act for, and return its reference.

    Raises Problem 403, 404, 409 or 422.
    """
    own_cases.check_person(caller)
    version = await find_published(session, council, body.case_type)
    if version is not None:
        own_cases.check_may_open(caller, version.bound.case_type)
    opening = Opening(
        code=body.case_type,
        action=body.action,
        fields=body.fields,
        effective=None,
        submission=None,
        person=caller.subject,
        uprn=None,
        contact=None if body.contact is None else Contact(**body.contact.model_dump()),
        actor=own_cases.make_actor(caller),
    )
    case_id = await cases.open_case(session, council, caller, opening)
    row = await cases.lock_case(session, council, caller, case_id)
    return format_reference(row.reference)


async def act_on_own_case(
    session: Session, council: str, caller: Caller, reference: str, precondition: Precondition, act: Act
) -> None:
    """Do what a case's type lets its resident do. Raises Problem 403, 404, 409, 412 or 422."""
    owned = await own_cases.lock_own_case(session, council, caller, reference)
    act = replace(act, by=own_cases.make_actor(caller))
    await cases.act_on_locked_case(session, caller, owned.row, owned.version, precondition, act)


async def send_message(session: Session, council: str, caller: Caller, reference: str, text: str) -> None:
    """Write to the council about a case: staff read it with the rest. Raises Problem 403 or 404."""
    owned = await own_cases.lock_own_case(session, council, caller, reference)
    author = caller.record()
    await messages.add_note(session, council, owned.row.id, author, text, "in", for_person=True)
    entry = changes.make_plain_entry(owned.row, "message", "from_person", author)
    await changes.record(session, owned.row, entry)


async def correct_own_contact(
    session: Session,
    council: str,
    caller: Caller,
    reference: str,
    precondition: Precondition,
    contact: Contact,
) -> None:
    """Correct how the person is reached. Raises Problem 403, 404 or 412."""
    owned: OwnedCase = await own_cases.lock_own_case(session, council, caller, reference)
    precondition.check(owned.row.version, "case")
    await write_contact(session, owned.row, contact, caller.record())


async def find_upload_case(session: Session, council: str, caller: Caller, reference: str) -> UUID:
    """Find the case that a person sends a file for. Raises Problem 403 or 404."""
    owned = await own_cases.lock_own_case(session, council, caller, reference)
    case_id: UUID = owned.row.id
    return case_id
