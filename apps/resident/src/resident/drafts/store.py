"""Statements of drafts. A change names the version that it is for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from resident.drafts.tables import draft

_D = draft.c
_OF_COUNCIL = _D.council == bindparam("of_council")
_FIND = (
    select(draft)
    .where(
        _OF_COUNCIL,
        _D.service == bindparam("of_service"),
        _D.secret_hash == bindparam("hash"),
        _D.expires_at > bindparam("now"),
    )
    .order_by(_D.id.desc())
    .limit(1)
)
_ADD = (
    insert(draft)
    .on_conflict_do_nothing(
        index_elements=("council", "service", "secret_hash"), index_where=text("state = 'open'")
    )
    .returning(_D.id)
)
_OPEN_VERSION = (
    _OF_COUNCIL,
    _D.id == bindparam("of_id"),
    _D.version == bindparam("of_version"),
    _D.state == "open",
)
_SAVE = (
    update(draft)
    .where(*_OPEN_VERSION)
    .values(
        version=_D.version + 1,
        **{
            name: bindparam(name)
            for name in ("sealed", "key_id", "language", "page", "touched_at", "expires_at")
        },
    )
)
_CLOSE = (
    update(draft)
    .where(*_OPEN_VERSION)
    .values(version=_D.version + 1, state="submitted", sealed=b"", expires_at=bindparam("expires_at"))
)
_COUNT = """
    counted AS (
        INSERT INTO draft_figure (council, id, service, page, language, outcome, drafts, counted_at)
        SELECT council, uuidv7(), service, page, language, CAST(:outcome AS text), count(*), :now
        FROM gone WHERE state = 'open' GROUP BY council, service, page, language)
    SELECT count(*) FROM gone"""
_PURGE = text(f"""
    WITH gone AS (
        DELETE FROM draft WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM draft WHERE expires_at < :now LIMIT :most))
        RETURNING council, service, page, language, state),
    {_COUNT}""")  # noqa: S608 both parts are ours
_DELETE = text(f"""
    WITH gone AS (
        DELETE FROM draft WHERE council = :council AND id = :id
        RETURNING council, service, page, language, state),
    {_COUNT}""")  # noqa: S608 both parts are ours


async def find_draft(
    session: ReadSession, council: str, service: str, secret_hash: bytes, now: datetime
) -> Row[Any] | None:
    """Find a browser's newest draft of a service, in whatever state."""
    parameters = {"of_council": council, "of_service": service, "hash": secret_hash, "now": now}
    return await session.first(_FIND, parameters)


async def add_draft(session: Session, values: Mapping[str, Any]) -> bool:
    """Add a draft, unless this browser has an open one of the service."""
    return await session.scalar(_ADD, values) is not None


async def save_draft(
    session: Session, council: str, draft_id: UUID, version: int, values: Mapping[str, Any]
) -> bool:
    """Save an open draft, if it still has this version."""
    keys = {"of_council": council, "of_id": draft_id, "of_version": version}
    return await session.execute(_SAVE, {**keys, **values}) > 0


async def close_draft(
    session: Session, council: str, draft_id: UUID, version: int, expires_at: datetime
) -> bool:
    """Keep nothing of an open draft but that it was sent, if it still has this version."""
    keys = {"of_council": council, "of_id": draft_id, "of_version": version}
    return await session.execute(_CLOSE, {**keys, "expires_at": expires_at}) > 0


async def delete_draft(session: Session, council: str, draft_id: UUID, now: datetime) -> None:
    """Delete a draft, and count its page."""
    await session.scalar(_DELETE, {"council": council, "id": draft_id, "now": now, "outcome": "deleted"})


async def purge_drafts(session: Session, most: int, now: datetime) -> int:
    """Delete a batch of drafts that have expired, and count their pages. Returns how many."""
    return int(await session.scalar(_PURGE, {"most": most, "now": now, "outcome": "expired"}))
