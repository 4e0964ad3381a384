"""Copies of archived cases: read by who hands them to the archive, then deleted."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.retention.actions.lists import AGGREGATE, get_list
from casework.retention.rules.disposals import ItemState
from casework.retention.store import lists as store
from chassis import audit, ids
from chassis.auth import Caller
from chassis.blobs import BlobStorage, MissingBlobError
from chassis.blobs.deletion import delete_later
from chassis.database import Database, ReadSession, Session
from chassis.problems import not_found

_NOUN = "archived copy"


async def read_bundle(
    database: Database, storage: BlobStorage, council: str, caller: Caller, list_id: UUID, case_id: UUID
) -> AsyncIterator[bytes]:
    """Read the copy of an archived case, and record who did. Raises Problem 403 or 404."""
    async with database.writing(council) as session:
        item = await _find(session, council, caller, list_id, case_id)
        await _audit(session, council, caller, "archive-read", item)
    try:
        return await storage.read(item.bundle)
    except MissingBlobError:
        raise not_found(_NOUN) from None


async def delete_bundle(session: Session, council: str, caller: Caller, list_id: UUID, case_id: UUID) -> None:
    """Delete the copy of an archived case; its digest stays. Raises Problem 403 or 404."""
    item = await _find(session, council, caller, list_id, case_id)
    await _audit(session, council, caller, "archive-deleted", item)
    await delete_later(session, [item.bundle], council=council)


async def _find(session: ReadSession, council: str, caller: Caller, list_id: UUID, case_id: UUID) -> Row[Any]:
    await get_list(session, council, caller, list_id)
    item = await store.find_item(session, council, list_id, case_id)
    if item is None or item.state != ItemState.ARCHIVED:
        raise not_found(_NOUN)
    return item


async def _audit(session: Session, council: str, caller: Caller, act: str, item: Row[Any]) -> None:
    changes = {"case": [None, ids.show(item.case_id)]}
    actor, disposal = audit.by_staff(caller), ids.show(item.list_id)
    await audit.record(session, council, actor, act, AGGREGATE, disposal, changes=changes)
