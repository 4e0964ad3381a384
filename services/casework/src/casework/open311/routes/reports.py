"""Reports, which the standard calls service requests: send, list and get them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from casework.open311.actions import lists, reports
from casework.open311.routes.responses import DOCUMENTED, PREFIX, Form, Language, respond
from casework.open311.routes.senders import Mode, SubmittedForm
from casework.open311.schemas.params import ExtensionQuery, Params, ReportForm, ReportQuery
from casework.open311.schemas.views import ReceivedReport, ReportView, TokenView
from chassis.auth import public
from chassis.database import Reading, Writing
from chassis.types import Slug

router = APIRouter(prefix=PREFIX, tags=["Open311"])
Reference = Annotated[str, Path(max_length=20, description="A service_request_id")]
_ROOT = "service_requests"


@router.post(
    "/requests.{form}",
    response_model=list[ReceivedReport],
    responses=DOCUMENTED,
    openapi_extra={**ReportForm.document_form(), "x-limits": {"body": 200_000}},
)
async def send_report(
    council: Slug,
    _: Annotated[None, public],
    form: Form,
    language: Language,
    submission: SubmittedForm,
    session: Writing,
) -> Response:
    """Send a report. Your API key is `api_key`, or a header as everywhere."""
    report = ReportForm.read(submission.items, "body")
    received = await reports.receive_report(session, council, submission.caller, report, language)
    return respond(form, _ROOT, [received])


async def _find_agency(request: Request, council: Slug) -> str:
    return str((await request.app.state.directory.find_council(council)).name)


Agency = Annotated[str, Depends(_find_agency)]


@router.get(
    "/requests.{form}",
    response_model=list[ReportView],
    responses=DOCUMENTED,
    openapi_extra=ReportQuery.document_query(),
)
async def list_reports(
    request: Request,
    council: Slug,
    _: Annotated[None, public],
    form: Form,
    language: Language,
    mode: Mode,
    agency: Agency,
    session: Writing,
) -> Response:
    """List reports that anybody may see, the newest first."""
    query = ReportQuery.read(request.query_params.multi_items())
    rows = await lists.list_reports(session, council, mode, query)
    views = [lists.show_report(row, agency, language, extensions=query.extensions) for row in rows]
    return respond(form, _ROOT, views)


@router.get(
    "/requests/{reference}.{form}",
    response_model=list[ReportView],
    responses=DOCUMENTED,
    openapi_extra=ExtensionQuery.document_query(),
)
async def get_report(
    request: Request,
    council: Slug,
    _: Annotated[None, public],
    reference: Reference,
    form: Form,
    language: Language,
    mode: Mode,
    agency: Agency,
    session: Reading,
) -> Response:
    """Get a report that anybody may see."""
    query = ExtensionQuery.read(request.query_params.multi_items())
    row = await lists.get_report(session, council, mode, reference)
    return respond(form, _ROOT, [lists.show_report(row, agency, language, extensions=query.extensions)])


@router.get(
    "/tokens/{token}.{form}",
    response_model=list[TokenView],
    responses=DOCUMENTED,
    openapi_extra=Params.document_query(),
)
async def get_token(
    council: Slug,
    _: Annotated[None, public],
    token: Annotated[str, Path(max_length=20)],
    form: Form,
    mode: Mode,
    session: Reading,
) -> Response:
    """Get the report that a token stands for. We give no tokens: a report's own id is one."""
    return respond(form, _ROOT, [await lists.get_token(session, council, mode, token)])
