"""Disposal lists: build, read, keep cases out, sign, and what was disposed of."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from casework.retention.actions import bundles, certificates, lists
from casework.retention.routes.dependencies import (
    TO_BE_SAVED,
    CaseId,
    ListId,
    Reader,
    TheChange,
    TheDownload,
    Worker,
)
from casework.retention.schemas.disposals import (
    Certificate,
    DeferRequest,
    DisposalItem,
    DisposalList,
    NewDisposalList,
)
from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/disposal-lists", tags=["retention"])
_CHANGED: dict[int | str, Any] = {200: ETAG, **document_problems(403, 404, 409, 412, 428)}
_ZIP: dict[int | str, Any] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


def _tag(disposal: DisposalList) -> dict[str, str]:
    return version_tag(disposal.version)


@router.post(
    "", status_code=202, response_model=DisposalList, responses={202: ETAG, **document_problems(403, 422)}
)
async def request_list(
    council: Slug, body: NewDisposalList, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Have a list built of the cases that are due for disposal. It is there when its state is `ready`."""

    async def work() -> DisposalList:
        return await lists.request_list(session, council, caller, body)

    return await once.run(session, caller, body, work, status=202, headers=_tag)


@router.get("", responses=document_problems(403))
async def list_lists(council: Slug, caller: Reader, session: Reading, paging: Paging) -> Page[DisposalList]:
    """List disposal lists, the oldest first."""
    rows = await lists.list_lists(session, council, caller, paging.start_id(), paging.fetch)
    return paging.page(rows, lambda disposal: disposal, lambda disposal: (ids.show(disposal.id),))


@router.get("/{list_id}", responses={200: ETAG, **document_problems(403, 404)})
async def get_list(
    council: Slug, list_id: ListId, caller: Reader, session: Reading, response: Response
) -> DisposalList:
    """Get a disposal list."""
    disposal = await lists.get_list(session, council, caller, list_id)
    response.headers.update(_tag(disposal))
    return disposal


@router.get("/{list_id}/items", responses=document_problems(403, 404))
async def list_items(
    council: Slug, list_id: ListId, caller: Reader, session: Reading, paging: Paging
) -> Page[DisposalItem]:
    """List the cases on a list, why each is there, and what became of it."""
    rows = await lists.list_items(session, council, caller, list_id, paging.start_id(), paging.fetch)
    return paging.page(rows, lambda item: item, lambda item: (ids.show(item.case),))


@router.post("/{list_id}/items/{case_id}/defer", response_model=DisposalList, responses=_CHANGED)
async def defer_case(
    council: Slug,
    list_id: ListId,
    case_id: CaseId,
    body: DeferRequest,
    caller: Worker,
    change: TheChange,
    once: OnlyOnce,
) -> Response:
    """Keep a case out of this disposal, and off every list until a day. Somebody else signs the list then."""

    async def work() -> DisposalList:
        return await lists.defer(change.session, council, caller, list_id, case_id, change.precondition, body)

    return await once.run(change.session, caller, body, work, status=200, headers=_tag)


@router.post("/{list_id}/sign", responses=_CHANGED)
async def sign_list(
    council: Slug, list_id: ListId, caller: Worker, change: TheChange, response: Response
) -> DisposalList:
    """Sign a list: what is on it is erased, for good. Who asked for it, or kept a case, may not."""
    disposal = await lists.approve(change.session, council, caller, list_id, change.precondition)
    response.headers.update(_tag(disposal))
    return disposal


@router.post("/{list_id}/withdraw", responses=_CHANGED)
async def withdraw_list(
    council: Slug, list_id: ListId, caller: Worker, change: TheChange, response: Response
) -> DisposalList:
    """Withdraw a list that nobody signed."""
    disposal = await lists.withdraw(change.session, council, caller, list_id, change.precondition)
    response.headers.update(_tag(disposal))
    return disposal


@router.get("/{list_id}/certificate", responses=document_problems(403, 404))
async def get_certificate(council: Slug, list_id: ListId, caller: Reader, session: Reading) -> Certificate:
    """Get the certificate of a disposal: what, how many, by whose authority, when."""
    return await certificates.get_certificate(session, council, caller, list_id)


@router.get("/{list_id}/certificate.html", response_class=HTMLResponse, responses=document_problems(403, 404))
async def print_certificate(council: Slug, list_id: ListId, caller: Reader, session: Reading) -> HTMLResponse:
    """Get the certificate as a page to print."""
    certificate = await certificates.get_certificate(session, council, caller, list_id)
    return HTMLResponse(certificates.print_certificate(certificate), headers=TO_BE_SAVED)


@router.get(
    "/{list_id}/certificate.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **document_problems(403, 404)},
)
async def tabulate_certificate(council: Slug, list_id: ListId, caller: Reader, session: Reading) -> Response:
    """Get the cases of the certificate as a table."""
    certificate = await certificates.get_certificate(session, council, caller, list_id)
    table = certificates.tabulate_certificate(certificate)
    return Response(table, media_type="text/csv; charset=utf-8", headers=TO_BE_SAVED)


@router.get(
    "/{list_id}/items/{case_id}/bundle",
    response_class=StreamingResponse,
    responses={**_ZIP, **document_problems(403, 404)},
)
async def read_bundle(
    council: Slug, list_id: ListId, case_id: CaseId, caller: Worker, download: TheDownload
) -> StreamingResponse:
    """Get the archive's copy of a case that was archived: all its rows and files, as a zip file."""
    chunks = await bundles.read_bundle(download.database, download.storage, council, caller, list_id, case_id)
    name = f'attachment; filename="{ids.show(case_id)}.zip"'
    headers = {**TO_BE_SAVED, "Content-Disposition": name}
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)


@router.delete("/{list_id}/items/{case_id}/bundle", status_code=204, responses=document_problems(403, 404))
async def delete_bundle(
    council: Slug, list_id: ListId, case_id: CaseId, caller: Worker, session: Writing
) -> None:
    """Delete the archive's copy, when the archive has it."""
    await bundles.delete_bundle(session, council, caller, list_id, case_id)
