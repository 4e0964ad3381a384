"""Admission authorities and the terms of their schools: deadlines of admission appeals are school days."""

from fastapi import APIRouter, Response

from casework.calendar.actions import schools
from casework.calendar.routes.access import BASE, CaseworkKeeper, CaseworkReader, headers_of_new
from casework.calendar.schemas.schools import (
    AuthorityView,
    NewAuthority,
    NewSchoolYear,
    SchoolTerms,
    SchoolYearList,
    SchoolYearNumber,
    SchoolYearView,
)
from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

_PLACE = "admission-authorities"
router = APIRouter(prefix=f"{BASE}/{_PLACE}", tags=["calendars"])


@router.post(
    "", status_code=201, response_model=AuthorityView, responses={201: ETAG, **document_problems(409)}
)
async def add_admission_authority(
    council: Slug, body: NewAuthority, caller: CaseworkKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add an admission authority, so that you can load its terms. You need a live credential."""
    return await once.run(
        session,
        caller,
        body,
        lambda: schools.add_authority(session, council, caller, body),
        headers=headers_of_new(council, _PLACE),
    )


@router.get("")
async def list_admission_authorities(
    council: Slug, _: CaseworkReader, session: Reading, paging: Paging
) -> Page[AuthorityView]:
    """List your admission authorities in the order in which they were added."""
    rows = await schools.list_authorities(session, council, paging.start_id(), paging.fetch)
    return paging.page(rows, schools.to_model, lambda row: (ids.show(row.id),))


@router.get("/{authority}", responses={200: ETAG, **document_problems(404)})
async def read_admission_authority(
    council: Slug, authority: ids.Id, _: CaseworkReader, session: Reading, response: Response
) -> AuthorityView:
    """Get an admission authority. Its version is the ETag."""
    record = await schools.get_authority(session, council, authority)
    response.headers.update(version_tag(record.version))
    return record


@router.put("/{authority}", responses={200: ETAG, **document_problems(404, 412, 428)})
async def rename_admission_authority(
    council: Slug,
    authority: ids.Id,
    body: NewAuthority,
    caller: CaseworkKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> AuthorityView:
    """Rename an admission authority. You need a live credential."""
    changed = await schools.rename_authority(session, council, authority, caller, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed


@router.post(
    "/{authority}/school-years",
    status_code=201,
    response_model=SchoolYearView,
    responses={201: ETAG, **document_problems(404, 409)},
)
async def add_school_year(
    council: Slug,
    authority: ids.Id,
    body: NewSchoolYear,
    caller: CaseworkKeeper,
    session: Writing,
    once: OnlyOnce,
) -> Response:
    """Load the terms of a school year. Until you do, its deadlines cannot be computed.

    You need a live credential.
    """
    return await once.run(
        session,
        caller,
        body,
        lambda: schools.add_year(session, council, authority, caller, body),
        headers=headers_of_new(council, f"{_PLACE}/{ids.show(authority)}/school-years"),
    )


@router.get("/{authority}/school-years", responses=document_problems(404))
async def list_school_years(
    council: Slug, authority: ids.Id, _: CaseworkReader, session: Reading
) -> SchoolYearList:
    """List the school years that are loaded."""
    return await schools.list_years(session, council, authority)


@router.get("/{authority}/school-years/{year}", responses={200: ETAG, **document_problems(404)})
async def read_school_year(
    council: Slug,
    authority: ids.Id,
    year: SchoolYearNumber,
    _: CaseworkReader,
    session: Reading,
    response: Response,
) -> SchoolYearView:
    """Get the terms of a school year. Its version is the ETag."""
    record = await schools.get_year(session, council, authority, year)
    response.headers.update(version_tag(record.version))
    return record


@router.put("/{authority}/school-years/{year}", responses={200: ETAG, **document_problems(404, 412, 428)})
async def change_school_year(
    council: Slug,
    authority: ids.Id,
    year: SchoolYearNumber,
    body: SchoolTerms,
    caller: CaseworkKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> SchoolYearView:
    """Change the terms of a school year. You need a live credential."""
    changed = await schools.change_year(session, council, authority, year, caller, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed
