"""Files that a person sends for their own case."""

from fastapi import APIRouter, Response

from casework.attachments.actions.uploads import Target
from casework.attachments.routes.dependencies import UPLOAD, TheContext, TheFile
from casework.attachments.routes.uploads import RESPONSES, receive_upload
from casework.attachments.schemas import Attachment
from casework.residents.actions import acts
from casework.residents.routes.dependencies import Person, Reference
from chassis.idempotency import OnlyOnce
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/own-cases", tags=["own cases"])


@router.post(
    "/{reference}/attachments",
    status_code=201,
    response_model=Attachment,
    openapi_extra=UPLOAD,
    responses={**RESPONSES, **document_problems(403)},
)
async def add_own_attachment(
    council: Slug, reference: Reference, caller: Person, file: TheFile, context: TheContext, once: OnlyOnce
) -> Response:
    """Send a file for a case of yours, as the body of the request. Staff see it when it was scanned."""
    async with context.database.writing(council) as session:
        case_id = await acts.find_upload_case(session, council, caller, reference)
    location = f"/{council}/casework/v1/own-cases/{reference}"
    target = Target(case_id, None, None)
    return await receive_upload(council, caller, target, file, context, lambda _: once, location=location)
