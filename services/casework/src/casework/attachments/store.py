"""SQL statements of attachments."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from casework.attachments.rules import State
from casework.attachments.tables import attachment
from casework.cases.tables import case_record
from chassis.batches import delete_batch
from chassis.database import ReadSession, Session

_ROW = attachment.c
_OF_COUNCIL = _ROW.council == bindparam("council")
_WHOLE = _ROW.state != State.RECEIVING
_SAME = and_(_OF_COUNCIL, _ROW.id == bindparam("attachment"))
_GET = select(attachment).where(_SAME)
_OF_CASE = (
    select(attachment)
    .where(
        _OF_COUNCIL,
        _ROW.case_id == bindparam("case_id"),
        _WHOLE,
        or_(_ROW.restricted.is_(None), _ROW.restricted == func.any(bindparam("roles", type_=ARRAY(Text)))),
    )
    .order_by(_ROW.id)
)
_LIST = _OF_CASE.where(_ROW.id > bindparam("after")).limit(bindparam("fetch"))
_FIND = _OF_CASE.where(_ROW.id == bindparam("attachment"))
_UNATTACHED = (
    select(attachment)
    .where(
        _OF_COUNCIL,
        _ROW.submission == bindparam("submission"),
        _ROW.case_id.is_(None),
        _ROW.mode == bindparam("mode"),
        _ROW.created_by["sub"].astext == bindparam("subject"),
        _WHOLE,
    )
    .order_by(_ROW.id)
)
_LIST_UNATTACHED = _UNATTACHED.where(_ROW.id > bindparam("after")).limit(bindparam("fetch"))
_FIND_UNATTACHED = _UNATTACHED.where(_ROW.id == bindparam("attachment"))
_LOCK_SUBMISSION = text("SELECT pg_advisory_xact_lock(hashtextextended(:council || ' ' || :submission, 7))")
_COUNT_OF_CASE = select(func.count()).where(_OF_COUNCIL, _ROW.case_id == bindparam("case_id"))
_COUNT_OF_SUBMISSION = select(func.count()).where(
    _OF_COUNCIL, _ROW.submission == bindparam("submission"), _ROW.case_id.is_(None)
)
_JOIN = (
    update(attachment)
    .where(
        _ROW.council == bindparam("of_council"),
        _ROW.submission == bindparam("of_submission"),
        _ROW.case_id.is_(None),
        _ROW.mode == bindparam("of_mode"),
        _WHOLE,
    )
    .values(case_id=bindparam("to_case"), version=_ROW.version + 1)
    .returning(_ROW.id, _ROW.state, _ROW.threat)
)
_FREE_COPY = (
    update(attachment)
    .where(_ROW.council == bindparam("of_council"), _ROW.redacts == bindparam("original"))
    .values(redacts=None, redaction=None, version=_ROW.version + 1)
)
_DELETE = delete(attachment).where(_SAME)
_HAS_COPY = select(exists().where(_OF_COUNCIL, _ROW.redacts == bindparam("attachment")))
_DELETE_UNATTACHED = _DELETE.where(_ROW.case_id.is_(None))
_DISCARD = _DELETE.where(_ROW.state == State.RECEIVING)
_HAS_CASE = exists().where(
    case_record.c.council == _ROW.council,
    case_record.c.submission == _ROW.submission,
    case_record.c.mode == _ROW.mode,
)
_PURGE = delete_batch(
    attachment,
    or_(
        and_(_ROW.state == State.RECEIVING, _ROW.created_at < bindparam("broken_off")),
        and_(_ROW.case_id.is_(None), _WHOLE, _ROW.created_at < bindparam("forgotten"), ~_HAS_CASE),
    ),
).returning(_ROW.council, _ROW.id, _ROW.copy_id)


async def insert_attachment(session: Session, row: Mapping[str, Any]) -> None:
    """Write the row of a file that is going to arrive."""
    await session.execute(insert(attachment), row)


async def lock_submission(session: Session, council: str, submission: str) -> None:
    """Have one upload at a time begin under a submission, until the transaction ends."""
    await session.all(_LOCK_SUBMISSION, {"council": council, "submission": submission})


async def count_of_case(session: ReadSession, council: str, case_id: UUID) -> int:
    """Count the attachments of a case, those that are arriving with them."""
    return int(await session.scalar(_COUNT_OF_CASE, {"council": council, "case_id": case_id}))


async def count_of_submission(session: ReadSession, council: str, submission: str) -> int:
    """Count the attachments of a submission that has no case yet, of either mode."""
    return int(await session.scalar(_COUNT_OF_SUBMISSION, {"council": council, "submission": submission}))


async def get_attachment(session: ReadSession, council: str, attachment_id: UUID) -> Row[Any] | None:
    """Get an attachment, whosever it is and in whichever state."""
    return await session.first(_GET, {"council": council, "attachment": attachment_id})


async def find_of_case(
    session: ReadSession, council: str, case_id: UUID, attachment_id: UUID, roles: Collection[str]
) -> Row[Any] | None:
    """Find an attachment of a case. ``roles``: which restricted ones too."""
    key = {"council": council, "case_id": case_id, "attachment": attachment_id}
    return await session.first(_FIND, {**key, "roles": list(roles)})


async def list_of_case(
    session: ReadSession, council: str, case_id: UUID, roles: Collection[str], after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List the attachments of a case, the oldest first. ``roles``: which restricted ones too."""
    key = {"council": council, "case_id": case_id, "roles": list(roles)}
    return await session.all(_LIST, {**key, "after": after, "fetch": fetch})


async def list_unattached(
    session: ReadSession, owner: Mapping[str, str], after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List what one sender sent under a submission. ``owner``: council, submission, mode and subject."""
    return await session.all(_LIST_UNATTACHED, {**owner, "after": after, "fetch": fetch})


async def find_unattached(
    session: ReadSession, owner: Mapping[str, str], attachment_id: UUID
) -> Row[Any] | None:
    """Find what one sender sent under a submission, as ``list_unattached``."""
    return await session.first(_FIND_UNATTACHED, {**owner, "attachment": attachment_id})


async def change_state(
    session: Session,
    council: str,
    attachment_id: UUID,
    before: State,
    case_id: UUID | None,
    values: Mapping[str, Any],
) -> Row[Any] | None:
    """Move a file to another state; None if it is not in the one before, or of another case."""
    owner = _ROW.case_id.is_(None) if case_id is None else _ROW.case_id == case_id
    statement = (
        update(attachment)
        .where(_ROW.council == council, _ROW.id == attachment_id, _ROW.state == before, owner)
        .values(**values, version=_ROW.version + 1)
        .returning(attachment)
    )
    return await session.first(statement)


async def update_attachment(
    session: Session, council: str, attachment_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change an attachment whose case is locked."""
    statement = update(attachment).where(_ROW.council == council, _ROW.id == attachment_id)
    await session.execute(statement.values(**values, version=_ROW.version + 1))


async def join(
    session: Session, council: str, submission: str, mode: str, case_id: UUID
) -> Sequence[Row[Any]]:
    """Give what was sent under a submission to the case that it opened."""
    key = {"of_council": council, "of_submission": submission, "of_mode": mode}
    return await session.all(_JOIN, {**key, "to_case": case_id})


async def delete_attachment(session: Session, council: str, attachment_id: UUID) -> bool:
    """Delete the row of an attachment; its redacted copy stays."""
    await session.execute(_FREE_COPY, {"of_council": council, "original": attachment_id})
    return await session.execute(_DELETE, {"council": council, "attachment": attachment_id}) > 0


async def has_copy(session: ReadSession, council: str, attachment_id: UUID) -> bool:
    """Check whether an attachment has a redacted copy."""
    return bool(await session.scalar(_HAS_COPY, {"council": council, "attachment": attachment_id}))


async def delete_unattached(session: Session, council: str, attachment_id: UUID) -> bool:
    """Delete the row of a file that no case was given."""
    key = {"council": council, "attachment": attachment_id}
    return await session.execute(_DELETE_UNATTACHED, key) > 0


async def discard(session: Session, council: str, attachment_id: UUID) -> bool:
    """Delete the row of a file that is not whole."""
    return await session.execute(_DISCARD, {"council": council, "attachment": attachment_id}) > 0


async def purge(session: Session, broken_off: datetime, forgotten: datetime, most: int) -> Sequence[Row[Any]]:
    """Delete rows of uploads that never ended, and of those that no case came for, begun before then."""
    return await session.all(_PURGE, {"broken_off": broken_off, "forgotten": forgotten, "most": most})
