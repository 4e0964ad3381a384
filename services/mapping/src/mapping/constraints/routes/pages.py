"""The page of a search, to be read and printed by land charges officers; English only: for staff."""

import json
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Reading
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Pages
from chassis.web.sign_in import Staff, signed_in
from mapping.collections.routes.access import READ, audience_of
from mapping.constraints.actions import searches
from mapping.constraints.schemas import ConstraintSearch

PAGES = "/{council}/mapping/office/constraints"
router = APIRouter(prefix=PAGES, tags=["office pages"], default_response_class=HTMLResponse)
Reader = Annotated[Staff, signed_in(READ)]


@router.get("/{search}", responses=document_problems(404))
async def show_constraint_search(
    council: Slug,
    staff: Reader,
    request: Request,
    session: Reading,
    search: Annotated[ids.Id, Path(description="The id of a search")],
) -> Response:
    """Show a search as it was answered, to be printed, with the digest that proves it."""
    caller = staff.caller
    row = await searches.get_search(session, council, caller.mode, audience_of(caller), search)
    answer = ConstraintSearch.model_validate(json.loads(row.content))
    pages: Pages = request.app.state.service.pages
    home = f"/{council}/mapping/office"
    return pages.render(
        request,
        "constraint-search.html",
        language="en",
        home=home,
        search=answer,
        digest=row.digest.hex(),
        actor=row.actor,
        signed=searches.sign_search(request.app.state.settings, row),
        show_id=ids.show,
    )
