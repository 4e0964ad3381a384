"""Pages where people see and remove their links to accounts at other providers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.database import Writing
from chassis.ids import Id
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import SubmittedForm, choose_language, form_body, see_other
from identity.accounts.routes import TheAuthContext
from identity.assurance.routes import RecentSignIn, SignedIn
from identity.shared.dependencies import format_time, pages
from identity.sign_in.routes.upstream_failure import LINKS, path_of, title_of
from identity.upstream_login.actions import links
from identity.upstreams.actions import upstreams

router = APIRouter(prefix=LINKS, tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
OfferingCouncil = Annotated[Slug | None, Query(alias="council", description="Whose providers to offer")]


@router.get("")
async def show_upstreams(
    _: Anybody, request: Request, session: Writing, person: SignedIn, council_slug: OfferingCouncil = None
) -> Response:
    """Show the other providers you can sign in with, and those you can add."""
    await session.set_all_councils()
    councils, welsh = request.app.state.directory.councils, choose_language(request) == "cy"
    rows = await links.list_links(session, person.account)
    linked = {(row.council, row.upstream) for row in rows}
    chosen = councils.get(council_slug or "")
    offered = await upstreams.list_enabled(session, chosen.slug, "residents") if chosen else []
    return pages.render(
        request,
        "upstreams.html",
        linked=[
            {
                "title": row.title_cy if welsh else row.title,
                "council": councils[row.council].name if row.council in councils else "",
                "since": format_time(row.linked_at, request),
                "path": f"{LINKS}/{row.council}/{ids.show(row.upstream)}/unlink",
            }
            for row in rows
        ],
        councils=sorted(
            (councils[slug].name, slug) for slug in await upstreams.list_councils(session) if slug in councils
        ),
        chosen=chosen.name if chosen else "",
        offered=[
            {"title": title_of(request, upstream), "path": f"{path_of(upstream)}?then=upstreams"}
            for upstream in offered
            if (upstream.council, upstream.id) not in linked
        ],
    )


@router.post("/{slug}/{upstream_id}/unlink", responses=document_problems(403), openapi_extra=form_body())
async def unlink_upstream(
    _: Anybody, slug: Slug, upstream_id: Id, session: Writing, person: RecentSignIn,
    auth: TheAuthContext, _form: SubmittedForm,
) -> Response:  # fmt: skip
    """Stop signing in with this provider. What it signed you in to ends."""
    await links.unlink_account(session, auth, slug, upstream_id, person.account)
    return see_other(LINKS)
