"""What is held of a person, put together for them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse

from casework.disclosure.actions import person_exports as exports
from casework.disclosure.schemas import NewPersonExport, PersonExport
from casework.retention.routes.dependencies import TO_BE_SAVED, Reader, TheDownload, Worker
from chassis import ids
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/personal-data-exports", tags=["disclosure"])
ExportId = Annotated[ids.Id, Path(description="The export")]
_ZIP: dict[int | str, Any] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("", status_code=202, response_model=PersonExport, responses=document_problems(403))
async def request_export(
    council: Slug, body: NewPersonExport, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Have what is held of a person put together. It is there when its state is `ready`, for 30 days."""

    async def work() -> PersonExport:
        return await exports.request_export(session, council, caller, body)

    return await once.run(session, caller, body, work, status=202)


@router.get("/{export_id}", responses=document_problems(403, 404))
async def get_export(council: Slug, export_id: ExportId, caller: Reader, session: Reading) -> PersonExport:
    """Get what there is to know of an export."""
    return await exports.get_export(session, council, caller, export_id)


@router.get(
    "/{export_id}/content",
    response_class=StreamingResponse,
    responses={**_ZIP, **document_problems(403, 404, 409)},
)
async def read_export(
    council: Slug, export_id: ExportId, caller: Worker, download: TheDownload
) -> StreamingResponse:
    """Get the zip file: what is for the person, what you must check first, and what is left out and why."""
    chunks = await exports.read_export(download.database, download.storage, council, caller, export_id)
    headers = {**TO_BE_SAVED, "Content-Disposition": f'attachment; filename="{ids.show(export_id)}.zip"'}
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)
