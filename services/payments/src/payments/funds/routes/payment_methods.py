"""Methods of payment (MOPs): cash, cheque, card, transfer."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.funds.actions import payment_methods
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader, headers_of_new
from payments.funds.schemas.payment_methods import NewPaymentMethod, PaymentMethod, PaymentMethodChange
from payments.funds.schemas.values import Code

router = APIRouter(prefix=f"{BASE}/payment-methods", tags=["finance data"])
OfCode = Annotated[Code | None, Query(description="Only those with this code")]


@router.post(
    "", status_code=201, response_model=PaymentMethod, responses={201: ETAG, **document_problems(409)}
)
async def create_payment_method(
    council: Slug, body: NewPaymentMethod, caller: FinanceKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add a method of payment. You need a live credential."""
    return await once.run(
        session,
        caller,
        body,
        lambda: payment_methods.create_method(session, council, caller, body),
        headers=headers_of_new(council, "payment-methods"),
    )


@router.get("")
async def list_payment_methods(
    council: Slug, _: FinanceReader, session: Reading, paging: Paging, code: OfCode = None
) -> Page[PaymentMethod]:
    """List the council's methods of payment in the order in which they were added."""
    rows = await payment_methods.list_methods(session, council, code, paging.start_id(), paging.fetch)
    return paging.page(rows, payment_methods.to_model, lambda row: (ids.show(row.id),))


@router.get("/{payment_method}", responses={200: ETAG, **document_problems(404)})
async def read_payment_method(
    council: Slug, payment_method: ids.Id, _: FinanceReader, session: Reading, response: Response
) -> PaymentMethod:
    """Get a method of payment. Its version is the ETag."""
    record = await payment_methods.get_method(session, council, payment_method)
    response.headers.update(version_tag(record.version))
    return record


@router.patch("/{payment_method}", responses={200: ETAG, **document_problems(404, 412, 428)})
async def change_payment_method(
    council: Slug,
    payment_method: ids.Id,
    body: PaymentMethodChange,
    caller: FinanceKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> PaymentMethod:
    """Change a method of payment. Disable it instead of removing it. You need a live credential."""
    changed = await payment_methods.change_method(
        session, council, payment_method, caller, precondition, body
    )
    response.headers.update(version_tag(changed.version))
    return changed
