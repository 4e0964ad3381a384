"""SQL of school years."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from casework.calendar.tables import admission_authority, school_year
from chassis.database import ReadSession, Session

_COLUMNS = school_year.c
_OF_AUTHORITY = (_COLUMNS.council == bindparam("council_")) & (_COLUMNS.authority == bindparam("authority_"))
_THIS = _OF_AUTHORITY & (_COLUMNS.year == bindparam("year_"))
_LIST = select(school_year).where(_OF_AUTHORITY).order_by(_COLUMNS.year)
_GET = select(school_year).where(_THIS)
_LOCK = _GET.with_for_update()
_INSERT = insert(school_year).on_conflict_do_nothing()
_UPDATE = (
    update(school_year)
    .where(_THIS)
    .values(
        terms=bindparam("p_terms", type_=_COLUMNS.terms.type),
        inset_days=bindparam("p_inset_days", type_=_COLUMNS.inset_days.type),
        updated_by=bindparam("p_updated_by"),
        updated_at=bindparam("p_updated_at"),
        version=_COLUMNS.version + 1,
    )
)
# The authorities of a council with the years of each; one without any has a row without a year.
_ALL = (
    select(admission_authority.c.id, admission_authority.c.name, _COLUMNS.year)
    .outerjoin(
        school_year,
        (_COLUMNS.council == admission_authority.c.council)
        & (_COLUMNS.authority == admission_authority.c.id),
    )
    .where(admission_authority.c.council == bindparam("council_"))
    .order_by(admission_authority.c.id, _COLUMNS.year)
)


async def list_of_authority(session: ReadSession, council: str, authority: UUID) -> Sequence[Row[Any]]:
    """List the school years of an admission authority."""
    return await session.all(_LIST, {"council_": council, "authority_": authority})


async def list_loaded(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List a council's admission authorities with each of their years: ``id``, ``name``, ``year``."""
    return await session.all(_ALL, {"council_": council})


async def get(session: ReadSession, council: str, authority: UUID, year: int) -> Row[Any] | None:
    """Get a school year."""
    return await session.first(_GET, {"council_": council, "authority_": authority, "year_": year})


async def lock(session: Session, council: str, authority: UUID, year: int) -> Row[Any] | None:
    """Lock a school year until the transaction ends."""
    return await session.first(_LOCK, {"council_": council, "authority_": authority, "year_": year})


async def insert_year(session: Session, values: Mapping[str, Any]) -> bool:
    """Add a school year, at version 1; False if it is there already."""
    return bool(await session.execute(_INSERT, {**values, "version": 1}))


async def update_year(
    session: Session, council: str, authority: UUID, year: int, values: Mapping[str, Any]
) -> None:
    """Change the terms of a school year; its version rises."""
    bound = {f"p_{name}": value for name, value in values.items()}
    await session.execute(_UPDATE, {**bound, "council_": council, "authority_": authority, "year_": year})
