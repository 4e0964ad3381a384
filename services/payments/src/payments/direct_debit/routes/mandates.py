"""The service user, mandates, and what banks advised."""

from fastapi import APIRouter, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.direct_debit.actions import advices, calls, mandates, service_users
from payments.direct_debit.routes.access import (
    BASE,
    DebitKeeper,
    DebitReader,
    FinanceKeeper,
    MandateId,
    ServiceSettings,
)
from payments.direct_debit.schemas.mandates import (
    BankAdvice,
    Mandate,
    NewMandate,
    ServiceUser,
    ServiceUserChange,
)

router = APIRouter(prefix=BASE, tags=["direct debit"])
_CHANGED = {200: ETAG, **document_problems(404, 409, 412, 428)}


@router.get("/service-user", responses={200: ETAG})
async def get_service_user(
    council: Slug, caller: DebitReader, session: Reading, settings: ServiceSettings, response: Response
) -> ServiceUser:
    """Get how the council collects: its name on statements, days of notice, and its provider's webhook."""
    user = await service_users.show(session, settings, council, caller)
    response.headers.update(version_tag(user.version))
    return user


@router.patch("/service-user", responses={200: ETAG, **document_problems(412, 428)})
async def change_service_user(
    council: Slug,
    body: ServiceUserChange,
    caller: FinanceKeeper,
    session: Writing,
    settings: ServiceSettings,
    precondition: IfMatch,
    response: Response,
) -> ServiceUser:
    """Change how the council collects. The first change has `If-Match: "0"`."""
    user = await service_users.change(session, settings, council, caller, precondition, body)
    response.headers.update(version_tag(user.version))
    return user


@router.post(
    "/mandates", status_code=201, response_model=Mandate, responses={201: ETAG, **document_problems(409)}
)
async def create_mandate(
    council: Slug,
    body: NewMandate,
    caller: DebitKeeper,
    session: Writing,
    settings: ServiceSettings,
    once: OnlyOnce,
) -> Response:
    """Ask for a mandate. Send the payer to its `sign_up_url`."""
    return await once.run(
        session,
        caller,
        body,
        lambda: mandates.create_mandate(session, settings, council, caller, body),
        headers=lambda mandate: {
            **version_tag(mandate.version),
            "Location": f"{BASE.format(council=council)}/mandates/{ids.show(mandate.id)}",
        },
    )


@router.get("/mandates")
async def list_mandates(
    council: Slug, caller: DebitReader, session: Reading, settings: ServiceSettings, paging: Paging
) -> Page[Mandate]:
    """List mandates in the order in which they were made."""
    rows = await mandates.list_mandates(session, settings, council, caller, paging.start_id(), paging.fetch)
    return paging.page(rows, lambda row: row, lambda row: (ids.show(row.id),))


@router.get("/mandates/{mandate_id}", responses={200: ETAG, **document_problems(404)})
async def get_mandate(
    council: Slug,
    mandate_id: MandateId,
    caller: DebitReader,
    session: Reading,
    settings: ServiceSettings,
    response: Response,
) -> Mandate:
    """Get a mandate. Its version is the ETag."""
    row = await mandates.get_row(session, council, caller, mandate_id)
    response.headers.update(version_tag(row.version))
    return await mandates.write_mandate(session, settings, council, row)


@router.post("/mandates/{mandate_id}/cancel", responses=_CHANGED)
async def cancel_mandate(
    council: Slug,
    mandate_id: MandateId,
    caller: DebitKeeper,
    session: Writing,
    settings: ServiceSettings,
    precondition: IfMatch,
    response: Response,
) -> Mandate:
    """Cancel a mandate, and what is still to be collected by it."""
    changed, is_known = await mandates.cancel_mandate(
        session, settings, council, caller, mandate_id, precondition
    )
    if is_known:
        await calls.begin_cancel(session, council, mandate_id)
    response.headers.update(version_tag(changed.version))
    return changed


@router.post("/mandates/{mandate_id}/release", responses=_CHANGED)
async def release_mandate(
    council: Slug,
    mandate_id: MandateId,
    caller: DebitKeeper,
    session: Writing,
    settings: ServiceSettings,
    precondition: IfMatch,
    response: Response,
) -> Mandate:
    """Let a suspended mandate collect again, once you have mended the cause."""
    changed = await mandates.release_mandate(session, settings, council, caller, mandate_id, precondition)
    response.headers.update(version_tag(changed.version))
    return changed


@router.get("/bank-advices")
async def list_bank_advices(
    council: Slug, caller: DebitReader, session: Reading, paging: Paging
) -> Page[BankAdvice]:
    """List what banks advised of mandates and collections, with what somebody has to look at."""
    rows = await advices.list_advices(session, council, caller, paging.start_id(), paging.fetch)
    return paging.page(rows, lambda row: row, lambda row: (ids.show(row.id),))
