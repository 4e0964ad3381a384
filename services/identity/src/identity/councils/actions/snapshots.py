"""Tell councils and revoked credentials again, for services that missed events; see ``chassis.resync``."""

from itertools import groupby
from typing import Any

from chassis import clock, outbox
from chassis.database import Session
from chassis.resync import Page
from identity.councils import store
from identity.events import CouncilChanged, CouncilCreated, TokenRevoked

_PAGE = 1_000
_NONE_YET = ("", "")


async def add_councils(session: Session, after: Any) -> Page:
    """Add an event of each council after a slug."""
    rows = await store.lock_page(session, after or "", _PAGE)
    for row in rows:
        kind = CouncilCreated if row.version == 1 else CouncilChanged
        event = outbox.Event(kind.model_validate(row, from_attributes=True), row.slug, row.version)
        await outbox.add_all(session, [event], council=row.slug, snapshot=True)
    return Page(len(rows), rows[-1].slug if len(rows) == _PAGE else None)


async def add_revocations(session: Session, after: Any) -> Page:
    """Add an event of each credential refused still, after a council and an id."""
    rows = await store.lock_revoked_page(session, after or _NONE_YET, clock.now(), _PAGE)
    for council, revoked in groupby(rows, key=lambda row: str(row.council)):
        events = [
            outbox.Event(TokenRevoked.model_validate(row, from_attributes=True), row.id, 1) for row in revoked
        ]
        await outbox.add_all(session, events, council=council, bulk=True, snapshot=True)
    last = rows[-1] if len(rows) == _PAGE else None
    return Page(len(rows), (last.council, last.id) if last else None)
