"""Read who changed what of one property or street."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from chassis.database import ReadSession

_LIST = """SELECT version, at, actor, kind, changes FROM {table}
    WHERE council = :council AND {key} = :of AND version < coalesce(CAST(:before AS integer), 2147483647)
    ORDER BY version DESC LIMIT :limit"""
_LIST_BY_PROPERTY = text(_LIST.format(table="history", key="uprn"))
_LIST_BY_STREET = text(_LIST.format(table="street_history", key="usrn"))


async def list_by_property(
    session: ReadSession, council: str, uprn: int, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """List versions of a property, latest first: ``version``, ``at``, ``actor``, ``kind``, ``changes``."""
    return await session.all(
        _LIST_BY_PROPERTY, {"council": council, "of": uprn, "before": before, "limit": limit}
    )


async def list_by_street(
    session: ReadSession, council: str, usrn: int, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """List versions of a street, as ``list_by_property``."""
    return await session.all(
        _LIST_BY_STREET, {"council": council, "of": usrn, "before": before, "limit": limit}
    )
