"""Who may see which attachments, and how the API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.attachments import store
from casework.attachments.rules import State
from casework.attachments.schemas import Attachment, Redaction
from casework.cases.actions import cases, reads
from chassis import ids
from chassis.auth import Caller
from chassis.blobs import Content
from chassis.blobs.images import IMAGES
from chassis.database import ReadSession
from chassis.problems import Problem

_MOST_FILES = 200
_UNREADABLE = {
    State.ON_HOLD: "It has not been scanned yet. Try again in a few seconds.",
    State.INFECTED: "A virus was found in it, and it was deleted.",
    State.BROKEN: "It cannot be read, and it was deleted. Ask for it again.",
}


def check_roles(roles: frozenset[str]) -> None:
    """Check that somebody has a part in a case: its files are not for all who may list cases.

    Raises Problem 404.
    """
    if not roles:
        raise cases.not_found()


def list_restricting_roles(caller: Caller, roles: frozenset[str]) -> frozenset[str]:
    """List the roles whose restricted files somebody sees: a council's software has those of nobody."""
    return frozenset() if caller.subject == caller.client_id else roles


def not_found() -> Problem:
    """Make the 404 of an attachment."""
    return Problem(404, "unknown-attachment", "There is no such attachment here.")


async def _read_roles(session: ReadSession, council: str, caller: Caller, case_id: UUID) -> frozenset[str]:
    _, _, roles = await reads.find_visible_case(session, council, caller, case_id)
    check_roles(roles)
    return list_restricting_roles(caller, roles)


async def find_attachment(
    session: ReadSession, council: str, caller: Caller, case_id: UUID, attachment_id: UUID
) -> Row[Any]:
    """Find an attachment of a case. Raises Problem 404."""
    roles = await _read_roles(session, council, caller, case_id)
    row = await store.find_of_case(session, council, case_id, attachment_id, roles)
    if row is None:
        raise not_found()
    return row


async def list_attachments(
    session: ReadSession, council: str, caller: Caller, case_id: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the attachments of a case that the caller may know of. Raises Problem 404."""
    roles = await _read_roles(session, council, caller, case_id)
    return await store.list_of_case(session, council, case_id, roles, after or UUID(int=0), fetch)


async def list_of_person(
    session: ReadSession, council: str, case_id: UUID, person: str
) -> Sequence[Row[Any]]:
    """List the files of a case that its person sent, or who acts for them: never those of staff."""
    rows = await store.list_of_case(session, council, case_id, (), UUID(int=0), _MOST_FILES)
    return [row for row in rows if row.created_by.get("sub") == person and row.restricted is None]


def name_owner(council: str, caller: Caller, submission: str) -> Mapping[str, str]:
    """Name whose unattached files are meant: a sender sees their own only."""
    owner = {"council": council, "submission": submission}
    return {**owner, "mode": caller.mode, "subject": caller.subject}


async def list_unattached(
    session: ReadSession, owner: Mapping[str, str], after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List what a sender sent under a submission that has no case yet."""
    return await store.list_unattached(session, owner, after or UUID(int=0), fetch)


def find_blob(row: Row[Any]) -> UUID:
    """Find the blob that is shown of a clean attachment. Raises Problem 409 for any other.

    Of a picture that is the copy without what it says of its maker.
    """
    if row.state != State.CLEAN:
        raise Problem(409, f"attachment-{row.state}", _UNREADABLE[State(row.state)])
    blob: UUID = row.copy_id if Content(row.media_type) in IMAGES else row.id
    return blob


def show(row: Row[Any]) -> Attachment:
    """Show an attachment."""
    redaction = None
    if row.redacts is not None:
        redaction = Redaction(original=row.redacts, **row.redaction)
    names = ("id", "name", "media_type", "size", "state", "threat", "problem", "restricted", "created_at")
    values = {name: getattr(row, name) for name in (*names, "version")}
    return Attachment(
        **values, sha256=row.sha256.hex(), redaction=redaction, created_by=row.created_by["sub"]
    )


def locate(council: str, row: Attachment, case_id: UUID | None) -> str:
    """Locate an attachment: with its case, or alone while it has none."""
    owner = "" if case_id is None else f"/cases/{ids.show(case_id)}"
    return f"/{council}/casework/v1{owner}/attachments/{ids.show(row.id)}"
