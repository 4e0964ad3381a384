"""Where a person's way through a service ends early: a stop, or their answers deleted."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from apps.recipes.kinds.offers import OFFERS
from apps.recipes.walk import DOWN, GO_ON
from chassis.problems import document_problems
from chassis.web import SubmittedForm, form_body, see_other
from chassis.web.browsers import delete_cookie
from resident.drafts.actions import StaleDraftError, delete_draft
from resident.drafts.rules import COOKIE
from resident.forms.actions.progress import Progress, refresh, save_answer
from resident.forms.routes.visits import (
    ROOT,
    Anybody,
    TheDatabase,
    TheFacts,
    TheProgress,
    path_of,
    render,
)
from resident.shared.paths import SERVICE

router = APIRouter(prefix=ROOT, tags=["pages"], default_response_class=HTMLResponse)


@router.get(f"{SERVICE}/stop", responses=document_problems(403, 404))
async def show_stop(
    _: Anybody,
    request: Request,
    database: TheDatabase,
    progress: TheProgress,
    facts: TheFacts,
) -> Response:
    """Say why the person cannot go on, with the ways out."""
    await refresh(database, progress, facts)
    if progress.walk.outcome != "stop":
        return see_other(path_of(progress, progress.next_page))
    stop = progress.bundle.by_stop.get(progress.walk.id.removeprefix(DOWN))
    is_down = progress.walk.id.startswith(DOWN)
    offer = "" if stop is None or is_down else stop.offer
    return render(
        request,
        "stop.html",
        progress,
        stop=None if is_down else stop,
        offer=OFFERS.get(offer),
        offer_link=progress.bundle.council.links.get(offer, ""),
        back=path_of(progress, progress.walk.pages[-1] if progress.walk.pages else ""),
    )


@router.post(f"{SERVICE}/stop", responses=document_problems(403, 404), openapi_extra=form_body())
async def pass_stop(
    _: Anybody,
    __: SubmittedForm,
    database: TheDatabase,
    progress: TheProgress,
    facts: TheFacts,
) -> Response:
    """Go on all the same, where the stop allows it: an officer sees that the person disagrees."""
    stop = progress.bundle.by_stop.get(progress.walk.id)
    if progress.walk.outcome == "stop" and stop is not None and stop.go_on is not None:
        try:
            await save_answer(database, progress, GO_ON + stop.id, True, facts)  # noqa: FBT003 an answer
        except StaleDraftError:
            return see_other(path_of(progress, "stop"))
    return see_other(path_of(progress, progress.next_page))


@router.get(f"{SERVICE}/delete-answers", responses=document_problems(403, 404))
async def show_deletion(_: Anybody, request: Request, progress: TheProgress) -> Response:
    """Ask whether the answers are to be deleted, or say that there are none."""
    return render(request, "delete-answers.html", progress, back=path_of(progress, _last(progress)))


@router.post(f"{SERVICE}/delete-answers", responses=document_problems(403, 404), openapi_extra=form_body())
async def delete_answers(
    _: Anybody,
    __: SubmittedForm,
    request: Request,
    database: TheDatabase,
    progress: TheProgress,
) -> Response:
    """Delete the answers, and the cookie that opened them."""
    if progress.is_started:
        async with database.writing(progress.draft.council) as session:
            await delete_draft(session, progress.draft)
    response = see_other(path_of(progress, "delete-answers"))
    delete_cookie(request, response, COOKIE)
    return response


def _last(progress: Progress) -> str:
    """Name the page to go back to: where the person stands."""
    return progress.next_page if progress.is_started else ""
