"""Check answers: every answer with a way to change it, what is to pay, and the hand-over."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from apps.recipes.expressions.values import local_day
from chassis.problems import document_problems
from chassis.recovery import Calls
from chassis.web import SubmittedForm, form_body, see_other
from resident.drafts.actions import StaleDraftError, close_draft
from resident.forms.actions.progress import Progress, refresh, settle_anew
from resident.forms.routes.visits import (
    ROOT,
    Anybody,
    TheDatabase,
    TheFacts,
    TheProgress,
    path_of,
    read_language,
    render,
)
from resident.forms.rules.charges import DueLine, list_due_lines
from resident.shared.paths import SERVICE
from resident.submission.actions.hand_over import FinishedForm, hand_over
from resident.submission.actions.keys import make_path
from resident.submission.rules import LEADS_TO_PAY

router = APIRouter(prefix=ROOT, tags=["pages"], default_response_class=HTMLResponse)
_VERSION, _PRICE = "version", "price"
_FIELDS = {_VERSION: 10, _PRICE: 12}


@router.get(f"{SERVICE}/check", responses=document_problems(403, 404))
async def show_check(
    _: Anybody,
    request: Request,
    database: TheDatabase,
    progress: TheProgress,
    facts: TheFacts,
) -> Response:
    """Show every answer on the path, each with a link to change it, and what is to pay."""
    if progress.submission is not None:
        return _lead_to_sent(request, progress)
    await refresh(database, progress, facts)
    if progress.walk.outcome != "check":
        return see_other(path_of(progress, progress.next_page))
    return _show(request, progress)


@router.post(
    f"{SERVICE}/check", responses=document_problems(403, 404, 409), openapi_extra=form_body(**_FIELDS)
)
async def send_answers(
    _: Anybody,
    request: Request,
    calls: Calls,
    progress: TheProgress,
    facts: TheFacts,
    form: SubmittedForm,
) -> Response:
    """Send the answers that were checked: at that price, and as no other tab has changed them since."""
    if progress.submission is not None:
        return _lead_to_sent(request, progress)
    if not progress.is_started:
        return see_other(path_of(progress, progress.next_page))
    draft = progress.draft
    is_newest = form.get(_VERSION) == str(draft.version)
    await settle_anew(calls.database, progress, facts)
    if progress.walk.outcome != "check":
        return see_other(path_of(progress, progress.next_page))
    finished = _finish(request, progress)
    if not is_newest or form.get(_PRICE) != str(finished.price_checked):
        return _show(request, progress, 409)
    try:
        path = await hand_over(calls, draft.council, finished, lambda session: close_draft(session, draft))
    except StaleDraftError:
        return see_other(path_of(progress, "check"))
    return see_other(path)


def _finish(request: Request, progress: Progress) -> FinishedForm:
    language = read_language(request, progress)
    draft = progress.draft
    return FinishedForm(
        id=draft.id,
        service=draft.service,
        bundle=progress.bundle,
        path=progress.walk.pages,
        answers=draft.answers,
        values=progress.read_in(language).list_values(),
        price_checked=_add(_list_lines(progress)),
        language=language,
        facts=progress.facts,
    )


def _lead_to_sent(request: Request, progress: Progress) -> Response:
    """Lead to what this browser sent: a second click, or the way back from there."""
    if progress.submission is None:
        raise ValueError("nothing was sent")
    draft = progress.draft
    return see_other(make_path(request.app.state.settings, draft.council, draft.service, progress.submission))


def _list_lines(progress: Progress) -> list[DueLine] | None:
    reader = progress.read_in("en")
    return list_due_lines(progress.bundle, reader.values, local_day(progress.now))


def _add(lines: list[DueLine] | None) -> int:
    return sum(line.pence for line in lines or ())


def _show(request: Request, progress: Progress, status: int = 200) -> Response:
    """Show the answers; 409: they, or their price, are not those that the person saw."""
    lines = _list_lines(progress)
    return render(
        request,
        "check.html",
        progress,
        status,
        form_action=LEADS_TO_PAY if lines else (),
        questions=[progress.bundle.by_question[name] for name in progress.walk.pages],
        lines=lines,
        total=_add(lines),
        has_changed=status != 200,  # noqa: PLR2004 not as they were shown
        back=path_of(progress, progress.walk.pages[-1]),
    )
