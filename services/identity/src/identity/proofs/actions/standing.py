"""How it stands with the proof of a person's identity: for the pages that ask for one, and that show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from identity.proofs import store
from identity.shared.oauth import vectors

_MOST = 20
_NEWEST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is proven of a person, where that is not enough.

    ``level`` holds now. ``waiting``: one that would be enough waits for a second member of staff.
    ``ran_out``: one that was enough holds no longer.
    """

    level: str
    waiting: Row[Any] | None
    ran_out: Row[Any] | None


async def standing(session: ReadSession, account: UUID, wanted: str) -> Standing:
    """How far a person is from a proof of the level wanted."""
    rows, at = await shown(session, account), now()
    level, waiting, ran_out = vectors.NO_IDENTITY, None, None
    for row in rows:
        enough = vectors.satisfies_identity(row.level, wanted)
        if row.expires_at <= at:
            ran_out = ran_out or (row if enough and row.status == "holds" else None)
        elif row.status == "waiting":
            waiting = waiting or (row if enough else None)
        else:
            level = max(level, row.level)
    return Standing(level, waiting, ran_out)


async def shown(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """A person's newest proofs, as they are shown to himself."""
    return await store.standing(session, account, _MOST)


async def looks(session: Session, account: UUID, before: UUID | None, fetch: int) -> Sequence[Row[Any]]:
    """Who did what with a person's proofs, at every council, the newest first.

    The session sees every council afterwards.
    """
    await session.across_councils()
    return await store.newest_seen(session, account, before or _NEWEST, fetch)


def now() -> datetime:
    return datetime.now(UTC)
