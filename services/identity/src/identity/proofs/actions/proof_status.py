"""The status of a person's proofs: for the pages that ask for one, and that show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.database import ReadSession
from identity.proofs import store
from identity.shared.oauth import vectors

_MAX_PROOFS = 20


@dataclass(frozen=True, slots=True)
class ProofStatus:
    """What is proven of a person where a higher level is needed.

    ``level`` holds now. ``waiting``: a proof that would be enough, and waits for a second member of staff.
    ``expired``: a proof that was enough.
    """

    level: str
    waiting: Row[Any] | None
    expired: Row[Any] | None


async def get_status(session: ReadSession, account: UUID, level_needed: str) -> ProofStatus:
    """Get the status of a person's proofs towards the level needed."""
    rows, now = await list_recent(session, account), clock.now()
    level, waiting, expired = vectors.NO_IDENTITY, None, None
    for row in rows:
        is_enough = vectors.satisfies_identity(row.level, level_needed)
        if row.expires_at <= now:
            expired = expired or (row if is_enough and row.status == "holds" else None)
        elif row.status == "waiting":
            waiting = waiting or (row if is_enough else None)
        else:
            level = max(level, row.level)
    return ProofStatus(level, waiting, expired)


async def is_proven(session: ReadSession, account: UUID, level: str) -> bool:
    """Tell whether a person is proven to a level now. Asks the database only for more than P0."""
    if level == vectors.NO_IDENTITY:
        return True
    return vectors.satisfies_identity((await get_status(session, account, level)).level, level)


async def list_recent(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """List a person's newest proofs, as the person is shown them."""
    return await store.list_by_account(session, account, _MAX_PROOFS)
