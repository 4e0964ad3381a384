"""Pages where people see who can act for them and for whom they act, and end it."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.database import Writing
from chassis.ids import Id
from chassis.pages import Paging
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.assurance.routes import RecentSignIn, SignedIn
from identity.delegation.routes.answers import show_mandate
from identity.delegation.routes.views import MANDATES, describe, describe_all
from identity.mandates.actions import mandates, offers
from identity.shared.dependencies import pages, read_id_cursor

router = APIRouter(prefix=MANDATES, tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]


@router.get("")
async def show_mandates(
    _: Anybody, request: Request, session: Writing, person: SignedIn, paging: Paging
) -> Response:
    """Show who can act for you and for whom you act, what waits for you, and what has ended."""
    rows = await mandates.list_own(session, person.account, read_id_cursor(paging), paging.fetch)
    page = paging.page(rows, lambda row: row, lambda row: (ids.show(row.id),))
    entries = await describe_all(request, session, page.items, person.account)
    return pages.render(request, "mandates.html", mandates=entries, older=page.next)


@router.get("/{mandate_id}")
async def show_one_mandate(
    _: Anybody, request: Request, mandate_id: Id, session: Writing, person: RecentSignIn
) -> Response:
    """Show a mandate, or an offer to read and answer."""
    row = await mandates.get_own(session, person.account, mandate_id)
    return await show_mandate(request, session, row, person, Form())


@router.get("/{mandate_id}/end")
async def show_end_mandate(
    _: Anybody, request: Request, mandate_id: Id, session: Writing, person: SignedIn
) -> Response:
    """Ask whether you want to end a mandate."""
    row = await mandates.get_own(session, person.account, mandate_id)
    mandate = await describe(request, session, row, person.account)
    if mandate["is_over"]:
        return see_other(mandate["path"])
    return pages.render(request, "mandate-end.html", mandate=mandate)


@router.post("/{mandate_id}/end", responses=document_problems(403, 404), openapi_extra=form_body())
async def end_mandate(
    _: Anybody, mandate_id: Id, session: Writing, person: SignedIn, _form: SubmittedForm
) -> Response:
    """End a mandate at once, or take back or decline an offer. Ending it twice is not an error."""
    await offers.end_own(session, person.account, mandate_id)
    return see_other(MANDATES)
