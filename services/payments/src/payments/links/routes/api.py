"""Payment links: make, get, list, change, and create their payments."""

from typing import Annotated

from fastapi import APIRouter, Response

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.links import actions
from payments.links.schemas import LinkPayment, NewLinkPayment, NewPaymentLink, PaymentLink, PaymentLinkChange
from payments.payments.routes.dependencies import Links, Writer

router = APIRouter(prefix="/{council}/payments/links/v1/payment-links", tags=["payment links"])
LinkKeeper = Annotated[Caller, permission("payments:links")]


@router.post("", status_code=201, response_model=PaymentLink, responses={201: ETAG, **document_problems(409)})
async def create_payment_link(
    council: Slug, body: NewPaymentLink, caller: LinkKeeper, session: Writing, links: Links, once: OnlyOnce
) -> Response:
    """Make a payment link. Its page takes payments for one fund at once."""
    return await once.run(
        session,
        caller,
        body,
        lambda: actions.create_link(session, council, caller, body, links),
        headers=lambda link: {
            **version_tag(link.version),
            "Location": f"/{council}/payments/links/v1/payment-links/{ids.show(link.id)}",
        },
    )


@router.get("")
async def list_payment_links(
    council: Slug, caller: LinkKeeper, session: Reading, paging: Paging, links: Links
) -> Page[PaymentLink]:
    """List your account's payment links, closed ones too, in the order in which they were made."""
    rows = await actions.list_links(session, council, caller, paging.start_id(), paging.fetch)
    return paging.page(
        rows, lambda row: actions.write_link(row, council, links), lambda row: (ids.show(row.id),)
    )


@router.get("/{link_id}", responses={200: ETAG, **document_problems(404)})
async def get_payment_link(
    council: Slug, link_id: ids.Id, caller: LinkKeeper, session: Reading, links: Links, response: Response
) -> PaymentLink:
    """Get a payment link. Its version is the ETag."""
    row = await actions.get_row(session, council, caller, link_id)
    response.headers.update(version_tag(row.version))
    return actions.write_link(row, council, links)


@router.patch("/{link_id}", responses={200: ETAG, **document_problems(404, 412, 428)})
async def change_payment_link(
    council: Slug,
    link_id: ids.Id,
    body: PaymentLinkChange,
    caller: LinkKeeper,
    session: Writing,
    links: Links,
    precondition: IfMatch,
    response: Response,
) -> PaymentLink:
    """Change a payment link's texts, or close it. What it takes stays: make another link for that."""
    changed = await actions.change_link(session, council, caller, link_id, precondition, body, links)
    response.headers.update(version_tag(changed.version))
    return changed


@router.post(
    "/{link_id}/payments", status_code=201, response_model=LinkPayment, responses=document_problems(404, 422)
)
async def create_link_payment(
    council: Slug,
    link_id: ids.Id,
    body: NewLinkPayment,
    caller: LinkKeeper,
    session: Writing,
    writer: Writer,
    once: OnlyOnce,
) -> Response:
    """Create a payment of a link for somebody, on the telephone for example, and get the link to send them.

    You never take their card number: they enter it themselves.
    """

    async def create() -> LinkPayment:
        return await actions.create_for_payer(session, council, caller, link_id, body, writer)

    return await once.run(session, caller, body, create)
