"""The pages before and after the provider's own, at which a payer signs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from chassis import recovery
from chassis.auth import public
from chassis.database import Reading, Writing
from chassis.outbound import OutboundError
from chassis.problems import Problem, document_problems, not_found
from chassis.recovery import Calls
from chassis.types import Slug
from chassis.web import SubmittedForm, choose_language, form_body
from payments.checkout.routes.visitor import pages
from payments.direct_debit.actions import calls, mandates, provider_reads
from payments.direct_debit.routes.access import MandateId, ServiceSettings
from payments.direct_debit.schemas.mandates import Mandate
from payments.gateway_accounts.actions.accounts import SANDBOX
from payments.processors.rules import ProcessorError, RefusedByProcessorError
from payments.settings import Settings

router = APIRouter(tags=["direct debit"], default_response_class=HTMLResponse)
Anybody = Annotated[None, public]
_PAGE = "/{council}/payments/direct-debit/mandates/{mandate_id}"
_FAULTS = (OutboundError, ProcessorError, RefusedByProcessorError, TimeoutError, LookupError)
_AWAY = "The company that takes Direct Debits for the council does not answer. Try again in a few minutes."


@router.get(_PAGE, responses=document_problems(404))
async def show_mandate(
    _: Anybody,
    request: Request,
    council: Slug,
    mandate_id: MandateId,
    session: Reading,
    settings: ServiceSettings,
) -> Response:
    """Show a payer what they are about to sign, and whose name their statement will show."""
    mandate = await _read(session, settings, council, mandate_id)
    request.state.test_service = mandate.mode == SANDBOX
    template = "mandate.html" if mandate.sign_up_url else "mandate-signed.html"
    return pages.render(
        request,
        template,
        form_action=(_find_origin(settings, mandate),),
        mandate=mandate,
        path=mandates.make_path(council, mandate_id),
    )


@router.post(_PAGE, responses=document_problems(403, 404, 409, 503), openapi_extra=form_body())
async def start_sign_up(
    _: Anybody,
    request: Request,
    council: Slug,
    mandate_id: MandateId,
    context: Calls,
    settings: ServiceSettings,
    form: SubmittedForm,  # noqa: ARG001 - it checks where the form came from
) -> Response:
    """Go on to the provider's page. You enter your bank details there and nowhere else."""
    async with context.database.writing(council) as session:
        operation = await calls.begin_sign_up(session, council, mandate_id)
        mandate = await _read(session, settings, council, mandate_id)
    return_url = f"{settings.public_origin}{mandates.make_path(council, mandate_id)}/signed"
    try:
        if operation is not None:
            await recovery.run(context, calls.handlers, operation)
        url = await calls.make_sign_up_url(context, council, mandate_id, return_url, choose_language(request))
    except _FAULTS as error:
        raise Problem(503, "provider-away", _AWAY) from error
    if not url.startswith(f"{_find_origin(settings, mandate)}/"):
        raise Problem(503, "provider-away", _AWAY)
    return RedirectResponse(url, 303)


@router.get(f"{_PAGE}/signed", responses=document_problems(404))
async def show_signed_mandate(
    _: Anybody,
    request: Request,
    council: Slug,
    mandate_id: MandateId,
    session: Writing,
    settings: ServiceSettings,
) -> Response:
    """Show what happens next, after the provider's page."""
    mandate = await _read(session, settings, council, mandate_id)
    if mandate.sign_up_url:  # we have not heard yet: look
        await provider_reads.begin_read(session, council, mandate_id)
    request.state.test_service = mandate.mode == SANDBOX
    return pages.render(request, "mandate-signed.html", mandate=mandate)


async def _read(session: Reading, settings: Settings, council: str, mandate_id: UUID) -> Mandate:
    """Read a mandate that is not over. Raises Problem 404."""
    mandate = await mandates.find_open(session, settings, council, mandate_id)
    if mandate is None:
        raise not_found("Direct Debit to sign")
    return mandate


def _find_origin(settings: Settings, mandate: Mandate) -> str:
    return settings.sandbox_direct_debit_pages if mandate.mode == SANDBOX else settings.direct_debit_pages
