"""VAT codes with their rates, each from a day on."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.funds.actions import vat_codes
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader, headers_of_new
from payments.funds.schemas.values import Code
from payments.funds.schemas.vat_codes import NewVatCode, VatCode, VatCodeChange

router = APIRouter(prefix=f"{BASE}/vat-codes", tags=["finance data"])
OfCode = Annotated[Code | None, Query(description="Only those with this code")]


@router.post("", status_code=201, response_model=VatCode, responses={201: ETAG, **document_problems(409)})
async def create_vat_code(
    council: Slug, body: NewVatCode, caller: FinanceKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add a VAT code. You need a live credential."""
    return await once.run(
        session,
        caller,
        body,
        lambda: vat_codes.create_code(session, council, caller, body),
        headers=headers_of_new(council, "vat-codes"),
    )


@router.get("")
async def list_vat_codes(
    council: Slug, _: FinanceReader, session: Reading, paging: Paging, code: OfCode = None
) -> Page[VatCode]:
    """List the council's VAT codes in the order in which they were added."""
    rows = await vat_codes.list_codes(session, council, code, paging.start_id(), paging.fetch)
    return paging.page(rows, lambda record: record, lambda row: (ids.show(row.id),))


@router.get("/{vat_code}", responses={200: ETAG, **document_problems(404)})
async def read_vat_code(
    council: Slug, vat_code: ids.Id, _: FinanceReader, session: Reading, response: Response
) -> VatCode:
    """Get a VAT code. Its version is the ETag."""
    record = await vat_codes.get_code(session, council, vat_code)
    response.headers.update(version_tag(record.version))
    return record


@router.patch("/{vat_code}", responses={200: ETAG, **document_problems(404, 412, 428)})
async def change_vat_code(
    council: Slug,
    vat_code: ids.Id,
    body: VatCodeChange,
    caller: FinanceKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> VatCode:
    """Change a VAT code. A rate that has begun stays; add those to come. You need a live credential."""
    changed = await vat_codes.change_code(session, council, vat_code, caller, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed
