"""Admission authorities and the terms of their school years."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.calendar.actions import records
from casework.calendar.actions.recomputation import recompute_council
from casework.calendar.rules.day_calendars import Span
from casework.calendar.rules.school_terms import SchoolYear, name_school_year
from casework.calendar.schemas.schools import (
    AuthorityView,
    NewAuthority,
    NewSchoolYear,
    SchoolTerms,
    SchoolYearList,
    SchoolYearView,
    Term,
)
from casework.calendar.store import records as store
from casework.calendar.store import school_years
from casework.calendar.tables import admission_authority
from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import conflict, invalid, not_found

_AUDITED = "casework.school_year"


async def add_authority(session: Session, council: str, caller: Caller, body: NewAuthority) -> AuthorityView:
    """Add an admission authority. Raises Problem 403, 409."""
    return to_model(await records.add(session, admission_authority, council, caller, dict(body)))


async def get_authority(session: ReadSession, council: str, record: UUID) -> AuthorityView:
    """Get an admission authority. Raises Problem 404."""
    return to_model(await records.get(session, admission_authority, council, record))


async def rename_authority(
    session: Session,
    council: str,
    record: UUID,
    caller: Caller,
    precondition: Precondition,
    body: NewAuthority,
) -> AuthorityView:
    """Rename an admission authority. Raises Problem 403, 404, 412."""
    return to_model(
        await records.change(session, admission_authority, council, record, caller, precondition, dict(body))
    )


async def list_authorities(
    session: ReadSession, council: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a council's admission authorities in the order in which they were added."""
    return await store.list_page(session, admission_authority, council, after, fetch)


def to_model(row: Row[Any]) -> AuthorityView:
    """Convert a row to the API's model."""
    return AuthorityView.model_validate(row, from_attributes=True)


async def list_years(session: ReadSession, council: str, authority: UUID) -> SchoolYearList:
    """List the school years of an admission authority. Raises Problem 404."""
    await get_authority(session, council, authority)
    rows = await school_years.list_of_authority(session, council, authority)
    return SchoolYearList(items=[_to_year(row) for row in rows])


async def get_year(session: ReadSession, council: str, authority: UUID, year: int) -> SchoolYearView:
    """Get a school year. Raises Problem 404."""
    row = await school_years.get(session, council, authority, year)
    if row is None:
        raise not_found(f"school year {name_school_year(year)} of this admission authority")
    return _to_year(row)


async def add_year(
    session: Session, council: str, authority: UUID, caller: Caller, body: NewSchoolYear
) -> SchoolYearView:
    """Load the terms of a school year. Raises Problem 400, 403, 404, 409."""
    records.check_live(caller)
    _check_terms(body, body.year)
    await get_authority(session, council, authority)
    values = {**body.to_columns(), **records.stamp(caller)}
    key = {"council": council, "authority": authority, "year": body.year}
    if not await school_years.insert_year(session, {**values, **key}):
        detail = f"The school year {name_school_year(body.year)} is loaded already. Change that one."
        raise conflict("school-year-loaded", detail)
    await _record(session, council, authority, body.year, caller, {}, body)
    return await get_year(session, council, authority, body.year)


async def change_year(
    session: Session,
    council: str,
    authority: UUID,
    year: int,
    caller: Caller,
    precondition: Precondition,
    body: SchoolTerms,
) -> SchoolYearView:
    """Change the terms of a school year. Raises Problem 400, 403, 404, 412."""
    records.check_live(caller)
    _check_terms(body, year)
    row = await school_years.lock(session, council, authority, year)
    if row is None:
        raise not_found(f"school year {name_school_year(year)} of this admission authority")
    precondition.check(row.version, "school year")
    values = {**body.to_columns(), **records.stamp(caller)}
    await school_years.update_year(session, council, authority, year, values)
    await _record(session, council, authority, year, caller, row._asdict(), body)
    return await get_year(session, council, authority, year)


async def list_terms(session: ReadSession, council: str, authority: UUID) -> tuple[SchoolYear, ...]:
    """List an authority's school years as rules read them."""
    rows = await school_years.list_of_authority(session, council, authority)
    return tuple(
        SchoolYear(
            row.year,
            tuple(Span(date.fromisoformat(first), date.fromisoformat(last)) for first, last in row.terms),
            tuple(row.inset_days),
        )
        for row in rows
    )


def _check_terms(body: SchoolTerms, year: int) -> None:
    try:
        body.to_rule(year)
    except ValueError as error:
        raise invalid("body.terms", f"cannot be: {error}") from error


async def _record(
    session: Session,
    council: str,
    authority: UUID,
    year: int,
    caller: Caller,
    before: dict[str, Any],
    body: SchoolTerms,
) -> None:
    record = f"{ids.show(authority)}.{year}"
    act = "changed" if before else "added"
    await records.audit_change(session, council, caller, act, _AUDITED, record, before, body.to_columns())
    verb = "changed" if before else "loaded"
    await recompute_council(session, council, f"The terms of {name_school_year(year)} were {verb}.")


def _to_year(row: Row[Any]) -> SchoolYearView:
    terms = [Term.model_validate({"first": first, "last": last}) for first, last in row.terms]
    return SchoolYearView(
        year=row.year,
        name=name_school_year(row.year),
        terms=terms,
        inset_days=row.inset_days,
        version=row.version,
        updated_by=row.updated_by,
        updated_at=row.updated_at,
    )
