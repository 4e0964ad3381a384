"""Statements of loads: what stands in a layer, to be compared with a file."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import ReadSession

_HAS_COUNCIL = text("SELECT EXISTS (SELECT FROM council WHERE slug = :council) AS known")
# A generation that has ended stays as it is: no later file has its features.
_STANDING = text("""SELECT fid, valid_from, valid_to IS NOT NULL AS has_ended FROM feature
    WHERE collection = :layer AND ended = 2147483647""")
_LAST_REASON = text("""SELECT reason FROM collection_version WHERE collection = :layer
    ORDER BY version DESC LIMIT 1""")


async def has_council(session: ReadSession, council: str) -> bool:
    """Check whether there is a council of a slug."""
    return bool(await session.scalar(_HAS_COUNCIL, {"council": council}))


async def list_standing(session: ReadSession, layer: UUID) -> dict[str, Row[Any]]:
    """List a layer's current features by id: from when they are valid, and whether that has ended."""
    return {row.fid: row for row in await session.all(_STANDING, {"layer": layer})}


async def get_last_reason(session: ReadSession, layer: UUID) -> str | None:
    """Get why a layer changed last."""
    reason: str | None = await session.scalar(_LAST_REASON, {"layer": layer})
    return reason
