"""Updates of reports, both ways, as FixMyStreet reads and sends them."""

from typing import Annotated

from fastapi import APIRouter, Response

from casework.open311.actions import updates
from casework.open311.routes.responses import DOCUMENTED, PREFIX, Form, Language, respond
from casework.open311.routes.senders import SubmittedForm, SubmittedQuery
from casework.open311.schemas.params import UpdateForm, UpdateQuery
from casework.open311.schemas.views import ReceivedUpdate, UpdateView
from chassis.auth import public
from chassis.database import Writing
from chassis.types import Slug

router = APIRouter(prefix=f"{PREFIX}/servicerequestupdates.{{form}}", tags=["Open311"])
_ROOT = "service_request_updates"


@router.get(
    "", response_model=list[UpdateView], responses=DOCUMENTED, openapi_extra=UpdateQuery.document_query()
)
async def list_updates(
    council: Slug,
    _: Annotated[None, public],
    form: Form,
    language: Language,
    submission: SubmittedQuery,
    session: Writing,
) -> Response:
    """List what became of the reports that you sent, in the order in which it became known."""
    query = UpdateQuery.read(submission.items)
    listed = await updates.list_updates(session, council, submission.caller, query, language)
    return respond(form, _ROOT, listed)


@router.post(
    "",
    response_model=list[ReceivedUpdate],
    responses=DOCUMENTED,
    openapi_extra={**UpdateForm.document_form(), "x-limits": {"body": 200_000}},
)
async def send_update(
    council: Slug, _: Annotated[None, public], form: Form, submission: SubmittedForm, session: Writing
) -> Response:
    """Add to a report that you submission. The same update_id again is answered as the first time."""
    update = UpdateForm.read(submission.items, "body")
    return respond(form, _ROOT, [await updates.receive_update(session, council, submission.caller, update)])
