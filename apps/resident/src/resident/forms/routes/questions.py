"""One question a page: GET shows it, POST checks the answer and leads on."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from apps.recipes.bundle import Question
from apps.recipes.expressions.values import local_day
from apps.recipes.kinds.answers import AnswerError, check_answer
from apps.recipes.kinds.messages import ERRORS
from chassis.problems import document_problems, not_found
from chassis.web import Form, SubmittedForm, form_body, gettext_noop, see_other
from resident.drafts.actions import StaleDraftError
from resident.forms.actions import addresses
from resident.forms.actions.progress import Progress, open_progress, refresh, save, save_answer
from resident.forms.routes.visits import (
    ROOT,
    Anybody,
    PageId,
    TheDatabase,
    TheFacts,
    TheProgress,
    give_secret,
    path_of,
    read_language,
    remember_draft,
    render,
)
from resident.forms.rules.answers import MOST, first_field, read_answer, read_postcode, write_fields
from resident.shared.paths import SERVICE

router = APIRouter(prefix=ROOT, tags=["pages"], default_response_class=HTMLResponse)
_PAGE = f"{SERVICE}/{{page}}"
_VERSION = "version"
_FIELDS = {
    "answer": MOST,
    "day": 10,
    "month": 10,
    "year": 10,
    "way": 10,
    "email": 254,
    "phone": 20,
    "step": 10,
}
_FIELDS |= {"postcode": 20, "uprn": 12, "line_1": 200, "line_2": 200, "town": 200, _VERSION: 10}
_FIELDS |= {"lat": 20, "long": 20, "description": 500}
_NO_POSTCODE = gettext_noop("Enter a full UK postcode, such as BA1 1LJ")
_TEMPLATES = {kind: kind.replace("_", "-") for kind in ("choices", "yes_no", "date", "long_text", "contact")}
_TEMPLATES |= {"choice": "choice", "slot": "choice"}
_TEMPLATES |= {kind: kind for kind in ("files", "declaration", "place")}
_ADDRESS_FIELDS = {"search": "postcode", "choose": "uprn", "hand": "line_1"}
By = Annotated[str, Query(pattern="^(|hand|search)$", description="How an address is entered")]
From = Annotated[str, Query(alias="from", pattern="^(|check)$", description="The page to go back to")]


@router.get(_PAGE, responses=document_problems(403, 404))
async def show_question(
    _: Anybody,
    request: Request,
    page: PageId,
    database: TheDatabase,
    progress: TheProgress,
    facts: TheFacts,
    by: By = "",
    origin: From = "",
) -> Response:
    """Show a question, or lead to the first that has no answer yet."""
    question = _find_question(progress, page)
    await refresh(database, progress, facts)
    if not progress.may_show(question):
        return see_other(path_of(progress, progress.next_page))
    return _show(request, progress, question, _fill_form(progress, question), by=by, origin=origin)


@router.post(
    _PAGE,
    responses=document_problems(403, 404, 409),
    openapi_extra=form_body(**_FIELDS),
)
async def answer_question(
    _: Anybody,
    request: Request,
    page: PageId,
    database: TheDatabase,
    progress: TheProgress,
    facts: TheFacts,
    form: SubmittedForm,
) -> Response:
    """Save an answer and lead on. What is wrong with it, or with another tab's, is said on the page."""
    question = _find_question(progress, page)
    if not progress.may_show(question):
        return see_other(path_of(progress, progress.next_page))
    if question.kind == "address" and _read_step(progress, form, question) == "search":
        return await _search(request, database, progress, question, form, facts)
    answer = _read(progress, question, form)
    _check(request, progress, question, form, answer)
    if not form.ok:
        return _show(request, progress, question, form, 400)
    if _is_stale(progress, question, form, answer):
        return _show_twice(request, progress, question, form, answer)
    give_secret(request, progress)
    try:
        await save_answer(database, progress, question.id, answer, facts)
    except StaleDraftError:
        return await _answer_again(request, database, progress, question, form, answer)
    return remember_draft(request, see_other(path_of(progress, progress.next_page)), progress)


async def _answer_again(
    request: Request,
    database: TheDatabase,
    progress: Progress,
    question: Question,
    form: Form,
    answer: Any,
) -> Response:
    """Answer a form that another came before, at the same moment: the same answer twice is one."""
    draft = progress.draft
    newest = await open_progress(database, draft.council, draft.service, draft.seal, draft.language)
    if newest.draft.answers.get(question.id) == answer:
        return remember_draft(request, see_other(path_of(newest, newest.next_page)), newest)
    return _show_twice(request, newest, question, form, answer)


def _find_question(progress: Progress, page: str) -> Question:
    question = progress.bundle.by_question.get(page)
    if question is None:
        raise not_found("such page of the service")
    return question


def _fill_form(progress: Progress, question: Question) -> Form:
    """Fill a question's form with the answer that the draft has."""
    answer = progress.draft.answers.get(question.id)
    if isinstance(answer, list):
        return Form.read(urlencode([("answer", value) for value in answer]).encode())
    return Form(write_fields(question, answer))


def _read(progress: Progress, question: Question, form: Form) -> Any:
    if question.kind == "address" and _read_step(progress, form, question) == "choose":
        return addresses.choose(progress.draft, question, form.get("uprn"))
    return read_answer(question, form)


def _check(request: Request, progress: Progress, question: Question, form: Form, answer: Any) -> None:
    """Say in the form what is wrong with an answer, in the words of its kind."""
    language = read_language(request, progress)
    fields = progress.facts.get(question.options_from) if question.options_from else None
    options = None if fields is None else [str(option["value"]) for option in fields.get("options", ())]
    error = check_answer(question, answer, local_day(progress.now), options)
    if error is None and question.kind == "slot" and options is not None and answer not in (None, *options):
        error = AnswerError("slot.wrong", ERRORS["slot.wrong"])
    if error is not None:
        form.error(_find_field(progress, question, form), "%(text)s", text=error.message.show(language))


def _find_field(progress: Progress, question: Question, form: Form) -> str:
    """Find the field to which an error leads."""
    if question.kind == "address":
        return _ADDRESS_FIELDS[_read_step(progress, form, question)]
    way = form.get("way")
    return way if question.kind == "contact" and way in {"email", "phone"} else first_field(question)


def _is_stale(progress: Progress, question: Question, form: Form, answer: Any) -> bool:
    """Say whether another tab saved another answer after this form's page was made."""
    saved = progress.draft.saved.get(question.id, 0)
    return form.get(_VERSION) != str(saved) and progress.draft.answers.get(question.id) != answer


async def _search(
    request: Request,
    database: TheDatabase,
    progress: Progress,
    question: Question,
    form: Form,
    facts: TheFacts,
) -> Response:
    """Search the addresses of a postcode; the page then lists them."""
    postcode = read_postcode(form.get("postcode"))
    if not postcode:
        form.error("postcode", _NO_POSTCODE)
        return _show(request, progress, question, form, 400, by="search")
    await addresses.search(progress.draft, question, postcode, facts)
    give_secret(request, progress)
    with suppress(StaleDraftError):  # another tab was faster: its search is shown
        await save(database, progress)
    return remember_draft(request, see_other(path_of(progress, question.id)), progress)


def _show_twice(
    request: Request, progress: Progress, question: Question, form: Form, answer: Any
) -> Response:
    """Show both answers of two tabs: the one that was saved, and the one of this form."""
    reader = progress.read_in(read_language(request, progress))
    two_answers = [
        reader.show_answer(question, each) for each in (progress.draft.answers.get(question.id), answer)
    ]
    return _show(request, progress, question, form, 409, two_answers=two_answers)


def _show(
    request: Request,
    progress: Progress,
    question: Question,
    form: Form,
    status: int = 200,
    *,
    by: str = "",
    origin: str = "",
    two_answers: Sequence[Sequence[str]] = (),
) -> Response:
    """Show a question by the template of its kind."""
    search = progress.draft.searches.get(question.id)
    template = _choose_template(progress, question, by or _read_step(progress, form, question))
    return render(
        request,
        f"question-{template}.html",
        progress,
        status,
        question=question,
        is_search=template == "address-search",
        form=form,
        back=path_of(progress, "check" if origin else progress.page_before(question.id)),
        addresses=addresses.list_addresses(progress.draft, question),
        search=search,
        version=progress.draft.saved.get(question.id, 0),
        two_answers=two_answers,
    )


def _read_step(progress: Progress, form: Form, question: Question) -> str:
    """Read which page of an address a form is of: search, choose, or hand."""
    step = form.get("step")
    return step if step in _ADDRESS_FIELDS else addresses.choose_step(progress.draft, question)


def _choose_template(progress: Progress, question: Question, step: str) -> str:
    """Choose the template; an address is searched, chosen from a list, or entered by hand."""
    if question.kind == "address":
        return f"address-{step}"
    if question.kind in {"choice", "slot"} and not progress.has_options(question):
        return "line"
    return _TEMPLATES.get(question.kind, "line")
