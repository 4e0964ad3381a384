"""Agreements: create, get, cancel."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.problems import document_problems
from chassis.types import Slug
from payments.agreements import actions as agreements
from payments.payments.actions.payment_json import write_agreement
from payments.payments.routes.dependencies import CreateCaller, OnlyOnce, ReadCaller
from payments.payments.schemas.agreements import Agreement, CreateAgreementRequest
from payments.payments.schemas.requests import NoBody

router = APIRouter(tags=["agreements"])
_AGREEMENTS = "/{council}/payments/v1/agreements"
_AGREEMENT = f"{_AGREEMENTS}/{{agreement_id}}"
AgreementId = Annotated[ids.Id, Path(description="The agreement's `agreement_id`")]


@router.post(_AGREEMENTS, status_code=201, response_model=Agreement, responses=document_problems(409, 422))
async def create_agreement(
    session: Writing, council: Slug, body: CreateAgreementRequest, caller: CreateCaller, once: OnlyOnce
) -> Response:
    """Create an agreement to take later payments from a payer's card.

    Then create a payment with `set_up_agreement`: when the payer has paid it, the agreement is active. Take
    later payments with `authorisation_mode` `agreement` and its `agreement_id`.
    """

    async def create() -> Agreement:
        return write_agreement(await agreements.create(session, council, caller, body.model_dump()))

    return await once.run(session, caller, body, create)


@router.get(_AGREEMENT, response_model=Agreement, responses=document_problems(404))
async def get_agreement(
    session: Reading, council: Slug, agreement_id: AgreementId, caller: ReadCaller
) -> Agreement:
    """Get an agreement with the card that its payments are taken from."""
    return write_agreement(await agreements.get(session, council, caller, agreement_id))


@router.post(f"{_AGREEMENT}/cancel", status_code=204, responses=document_problems(404, 409, 422))
async def cancel_agreement(
    session: Writing, council: Slug, agreement_id: AgreementId, caller: CreateCaller, once: OnlyOnce
) -> Response:
    """Cancel an active agreement. No more payments can be taken by it."""

    async def cancel() -> None:
        await agreements.cancel(session, council, caller, agreement_id)

    return await once.run(session, caller, NoBody(), cancel, status=204)
