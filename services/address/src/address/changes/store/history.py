"""Read who changed what of one property or street."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from chassis.database import ReadSession

_OF = """SELECT version, at, actor, kind, changes FROM {table}
    WHERE council = :council AND {key} = :of AND version < coalesce(CAST(:before AS integer), 2147483647)
    ORDER BY version DESC LIMIT :limit"""
_OF_PROPERTY = text(_OF.format(table="history", key="uprn"))
_OF_STREET = text(_OF.format(table="street_history", key="usrn"))


async def of_property(
    session: ReadSession, council: str, uprn: int, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Versions of a property, the latest first: ``version``, ``at``, ``actor``, ``kind``, ``changes``."""
    return await session.all(_OF_PROPERTY, {"council": council, "of": uprn, "before": before, "limit": limit})


async def of_street(
    session: ReadSession, council: str, usrn: int, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Versions of a street, as ``of_property``."""
    return await session.all(_OF_STREET, {"council": council, "of": usrn, "before": before, "limit": limit})
