"""Take attachments away: delete them, or show a redacted copy in their place."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.attachments import store
from casework.attachments.actions import reads
from casework.attachments.actions.uploads import check_role
from casework.attachments.rules import State
from casework.attachments.schemas import Attachment, RedactionRequest
from casework.cases.actions import cases, changes
from casework.model.rules.case_type import RESIDENT
from chassis import clock, ids
from chassis.auth import Caller
from chassis.blobs.deletion import delete_later
from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict

_LOST = {State.INFECTED, State.BROKEN}


def _check_staff(roles: frozenset[str]) -> None:
    """Check that somebody has a part in a case other than being its resident. Raises Problem 403 or 404."""
    reads.check_roles(roles)
    if not roles - {RESIDENT}:
        raise Problem(403, "staff-only", "Only the council's staff may do this.")


async def delete_attachment(
    session: Session, council: str, caller: Caller, case_id: UUID, attachment_id: UUID
) -> None:
    """Delete an attachment of a case, and say so in its history. Raises Problem 403 or 404."""
    case, _, actor = await cases.lock_visible_case(session, council, caller, case_id)
    _check_staff(actor.roles)
    row = await _find(session, council, caller, case_id, attachment_id, actor.roles)
    await store.delete_attachment(session, council, row.id)
    name = f"attachment.{ids.show(row.id)}"
    entry = changes.make_plain_entry(case, "attachment", "delete", caller.record(), {name: (row.state, None)})
    await changes.record(session, case, entry)
    await delete_later(session, [row.id, row.copy_id], council=council)


async def delete_unattached(session: Session, owner: Mapping[str, str], attachment_id: UUID) -> None:
    """Delete a file that has no case yet, for who sent it. Raises Problem 404."""
    row = await store.find_unattached(session, owner, attachment_id)
    if row is None or not await store.delete_unattached(session, row.council, row.id):
        raise reads.not_found()
    await delete_later(session, [row.id, row.copy_id], council=row.council)


async def redact(
    session: Session,
    council: str,
    caller: Caller,
    case_id: UUID,
    attachment_id: UUID,
    precondition: Precondition,
    request: RedactionRequest,
) -> Attachment:
    """Show a redacted copy in place of an attachment, which one role alone can read from then on.

    Raises Problem 403, 404, 409, 412 or 422.
    """
    case, version, actor = await cases.lock_visible_case(session, council, caller, case_id)
    _check_staff(actor.roles)
    original = await _find(session, council, caller, case_id, attachment_id, actor.roles)
    precondition.check(original.version, "attachment")
    check_role(request.role, version.bound.case_type.roles, "body.role")
    copy = await _find(session, council, caller, case_id, request.redacted_copy, actor.roles)
    _check_pair(original, copy)
    if await store.has_copy(session, council, original.id):
        raise conflict("redacted-already", "It has a redacted copy. Redact or delete that one.")
    redaction = {"reason": request.reason, "by": caller.subject, "at": clock.now().isoformat()}
    await store.update_attachment(session, council, copy.id, {"redacts": original.id, "redaction": redaction})
    await store.update_attachment(session, council, original.id, {"restricted": request.role})
    name = f"attachment.{ids.show(original.id)}"
    pairs = {
        f"{name}.restricted": (original.restricted, request.role),
        f"{name}.redacted_copy": (None, ids.show(copy.id)),
    }
    entry = changes.make_plain_entry(case, "attachment", "redact", caller.record(), pairs)
    await changes.record(session, case, entry)
    redacted_copy = await store.get_attachment(session, council, copy.id)
    if redacted_copy is None:
        raise LookupError("the copy was deleted under the lock of its case")
    return reads.show(redacted_copy)


def _check_pair(original: Row[Any], copy: Row[Any]) -> None:
    """Check that one attachment can be the redacted copy of another. Raises Problem 409."""
    if original.id == copy.id:
        raise conflict("not-a-copy", "An attachment is no redacted copy of itself. Send the copy first.")
    if copy.redacts is not None:
        raise conflict("not-a-copy", "This is the redacted copy of an attachment already.")
    if {original.state, copy.state} & _LOST:
        raise conflict("attachment-lost", "One of the two was deleted, since it was infected or broken.")


async def _find(
    session: Session,
    council: str,
    caller: Caller,
    case_id: UUID,
    attachment_id: UUID,
    roles: frozenset[str],
) -> Row[Any]:
    allowed = reads.list_restricting_roles(caller, roles)
    row = await store.find_of_case(session, council, case_id, attachment_id, allowed)
    if row is None:
        raise reads.not_found()
    return row
