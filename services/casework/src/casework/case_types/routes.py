"""Case types of a council: write, publish, list and get their versions."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response

from casework.calendar.routes.access import BASE, CaseworkKeeper, CaseworkReader
from casework.case_types.actions import versions, views
from casework.case_types.schemas import DraftBody, ShippedType, VersionSummary, VersionView
from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, OptionalIfMatch, version_tag
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix=f"{BASE}/case-types", tags=["case types"])
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=50)]
Number = Annotated[
    str,
    Path(
        pattern=r"^[0-9]{1,3}\.[0-9]{1,3}(\.[a-z0-9]{1,16})?$",
        max_length=24,
        description="The version its source names, and after a point your name of a binding of it",
    ),
]


@router.get("")
async def list_case_types(
    council: Slug, _: CaseworkReader, session: Reading, paging: Paging
) -> Page[VersionSummary]:
    """List your case types: of each the version that new cases begin with."""
    rows = await versions.list_published(session, council, paging.start_id(), paging.fetch)
    return paging.page(rows, versions.write_summary, lambda row: (ids.show(row.id),))


@router.get("/{code}/shipped", responses=document_problems(404))
async def get_shipped_case_type(council: Slug, code: Code, _: CaseworkReader) -> ShippedType:  # noqa: ARG001
    """Get a case type that ships with casework: what you may set in a binding, and within which bounds."""
    return await asyncio.to_thread(views.get_shipped, code)


@router.get("/{code}/versions")
async def list_case_type_versions(
    council: Slug, code: Code, _: CaseworkReader, session: Reading, paging: Paging
) -> Page[VersionSummary]:
    """List the versions of a case type in the order in which they were made: drafts and retired ones too."""
    rows = await versions.list_versions(session, council, code, paging.start_id(), paging.fetch)
    return paging.page(rows, versions.write_summary, lambda row: (ids.show(row.id),))


@router.get("/{code}/versions/{number}", responses={200: ETAG, **document_problems(404)})
async def get_case_type_version(
    council: Slug, code: Code, number: Number, _: CaseworkReader, session: Reading, response: Response
) -> VersionView:
    """Get a version with its source, its states and the JSON Schema of a case's fields."""
    version = await versions.get_version(session, council, (code, number))
    response.headers.update(version_tag(version.version))
    return version


@router.put(
    "/{code}/versions/{number}",
    responses={200: ETAG, 201: {"model": VersionView, **ETAG}, **document_problems(404, 409, 412, 428)},
)
async def put_case_type_version(
    council: Slug,
    code: Code,
    number: Number,
    body: DraftBody,
    caller: CaseworkKeeper,
    session: Writing,
    response: Response,
    precondition: OptionalIfMatch,
) -> VersionView:
    """Write a draft. Every fault is named with its line. You need a live credential."""
    version, is_new = await versions.put_draft(session, council, caller, (code, number), body, precondition)
    response.status_code = 201 if is_new else 200
    response.headers.update(version_tag(version.version))
    return version


@router.post(
    "/{code}/versions/{number}/publish", responses={200: ETAG, **document_problems(404, 409, 412, 428)}
)
async def publish_case_type_version(
    council: Slug,
    code: Code,
    number: Number,
    caller: CaseworkKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> VersionView:
    """Publish a draft: new cases begin with it; cases that run keep theirs. You need a live credential."""
    version = await versions.publish(session, council, caller, (code, number), precondition)
    response.headers.update(version_tag(version.version))
    return version
