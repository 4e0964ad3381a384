"""The SQL of councils and of revoked credentials."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from chassis.tables import council, revoked_token

_COLUMNS = (
    council.c.slug,
    council.c.name,
    council.c.gss,
    council.c.region,
    council.c.status,
    council.c.version,
    council.c.updated_at,
)
_ADD = insert(council).on_conflict_do_nothing().returning(*_COLUMNS)
_GET = select(*_COLUMNS).where(council.c.slug == bindparam("slug_"))
_LOCK = _GET.with_for_update()
_LIST_CONFLICTING = select(council.c.slug, council.c.gss).where(
    (council.c.slug == bindparam("slug_")) | (council.c.gss == bindparam("gss_"))
)
_LIST_PAGE = (
    select(*_COLUMNS)
    .where(council.c.slug > bindparam("after"))
    .order_by(council.c.slug)
    .limit(bindparam("most"))
)
_LOCK_PAGE = _LIST_PAGE.with_for_update(read=True)
_LOCK_REVOKED_PAGE = (
    select(*revoked_token.c)
    .where(
        revoked_token.c.expires_at > bindparam("now", type_=revoked_token.c.expires_at.type),
        tuple_(revoked_token.c.council, revoked_token.c.id)
        > tuple_(bindparam("council_", type_=Text), bindparam("id_", type_=Text)),
    )
    .order_by(revoked_token.c.council, revoked_token.c.id)
    .limit(bindparam("most"))
    .with_for_update(read=True)
)
_UPDATE = (
    update(council)
    .where(council.c.slug == bindparam("slug_"))
    .values(
        name=bindparam("name"),
        status=bindparam("status"),
        version=council.c.version + 1,
        updated_at=func.now(),
    )
    .returning(*_COLUMNS)
)
_LIST_ROUTES = select(council.c.slug, council.c.status, council.c.region).order_by(council.c.slug)
_LIST_REVOKED = (
    select(
        revoked_token.c.id,
        revoked_token.c.claim,
        revoked_token.c.expires_at,
        revoked_token.c.issued_before,
    )
    .where(revoked_token.c.expires_at > bindparam("now", type_=revoked_token.c.expires_at.type))
    .order_by(revoked_token.c.id)
)


async def add_council(session: Session, values: Mapping[str, Any]) -> Row[Any] | None:
    """Add a council at version 1; None when its slug or its code is taken."""
    return await session.first(_ADD, {**values, "version": 1})


async def list_conflicting(session: ReadSession, slug: str, gss: str) -> Sequence[Row[Any]]:
    """List the councils that have this slug or this code already: two at most."""
    return await session.all(_LIST_CONFLICTING, {"slug_": slug, "gss_": gss})


async def get(session: ReadSession, slug: str) -> Row[Any] | None:
    return await session.first(_GET, {"slug_": slug})


async def lock(session: Session, slug: str) -> Row[Any] | None:
    """Get a council, and keep it as it is until the transaction ends."""
    return await session.first(_LOCK, {"slug_": slug})


async def list_page(session: ReadSession, after: str, fetch: int) -> Sequence[Row[Any]]:
    """List councils in order of slug; at most ``fetch``."""
    return await session.all(_LIST_PAGE, {"after": after, "most": fetch})


async def lock_page(session: Session, after: str, most: int) -> Sequence[Row[Any]]:
    """Lock councils against change and list them, in order of slug; at most ``most``."""
    return await session.all(_LOCK_PAGE, {"after": after, "most": most})


async def lock_revoked_page(
    session: Session, after: tuple[str, str], now: datetime, most: int
) -> Sequence[Row[Any]]:
    """Lock the credentials revoked at ``now`` after a council and an id, and list them in that order."""
    council_, id_ = after
    return await session.all(_LOCK_REVOKED_PAGE, {"council_": council_, "id_": id_, "now": now, "most": most})


async def update_council(session: Session, slug: str, name: str, status: str) -> Row[Any] | None:
    """Update a council; None when there is none."""
    return await session.first(_UPDATE, {"slug_": slug, "name": name, "status": status})


async def list_routes(session: ReadSession) -> Sequence[Row[Any]]:
    """List every council with its status and region, for the gateway."""
    return await session.all(_LIST_ROUTES)


async def list_revoked(session: ReadSession, now: datetime) -> Sequence[Row[Any]]:
    """List every credential revoked at ``now``."""
    return await session.all(_LIST_REVOKED, {"now": now})
