"""What is done to a case: actions of its type, and its tasks, by the same acts as the API's."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from casework.cases.actions import cases, reads
from casework.cases.actions.reads import OpenedCase
from casework.cases.schemas import Name
from casework.model.rules.acts import Act, ActKind, Actor
from casework.model.rules.case_type import Action, Task
from casework.office.actions import case_views
from casework.office.routes import answers
from casework.office.routes.access import PAGES, Worker, render
from casework.office.rules.questions import Question
from chassis import clock, ids
from chassis.database import Database
from chassis.etags import Precondition
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, see_other

router = APIRouter(prefix=f"{PAGES}/cases", tags=["office pages"], default_response_class=HTMLResponse)
_ACTION, _TASK = "/{case_id}/actions/{action}", "/{case_id}/tasks/{task}"
_PROBLEMS = document_problems(404)
_NOBODY = Actor("", frozenset())
MOST_VERSION = 2_147_483_647


class ActPage:
    """The page of one act on a case: who acts, on which case."""

    def __init__(self, staff: Worker, request: Request, council: Slug, case_id: ids.Id) -> None:
        self.staff, self.request, self.council, self.case_id = staff, request, council, case_id
        self.database: Database = request.app.state.database

    async def open(self) -> OpenedCase:
        """Open the case; an event says that it was opened."""
        async with self.database.writing(self.council) as session:
            return await reads.open_whole(session, self.council, self.staff.caller, self.case_id)

    async def list_changes(self, opened: OpenedCase, version: int) -> list[Any]:
        """List what others did to the case since a version."""
        async with self.database.reading(self.council) as session:
            return await case_views.list_entries(session, self.staff, opened, version)

    async def act(self, version: int, act: Act) -> None:
        """Act on the case at the version that its page was made of. Raises Problem 404, 409, 412 or 422."""
        precondition = Precondition(frozenset({version}))
        async with self.database.writing(self.council) as session:
            await cases.act_on_case(session, self.council, self.staff.caller, self.case_id, precondition, act)

    def finish(self, done: str = "") -> Response:
        """Lead to the case's page, which says what was done."""
        query = f"?done={done}" if done else ""
        return see_other(f"/{self.council}/casework/office/cases/{ids.show(self.case_id)}{query}")


TheActPage = Annotated[ActPage, Depends()]


def read_version(form: Form) -> int:
    """Read the version that a form's page was made of; 0, which none has, for what is no version."""
    text = form.get("version", 10)
    return int(text) if text.isdecimal() and text.isascii() and int(text) <= MOST_VERSION else 0


def find_action(opened: OpenedCase, name: str) -> Action:
    """Find an action that the case's state has for its reader. Raises Problem 404."""
    action = opened.version.bound.case_type.actions.get(name)
    if action is None:
        raise Problem(404, "unknown-action", "There is no such action of this case.")
    return action


@router.get(_ACTION, responses=_PROBLEMS)
async def show_action_form(page: TheActPage, action: Annotated[Name, Path()]) -> Response:
    """Show what an action asks for."""
    opened = await page.open()
    questions = answers.list_questions(opened.version.bound.case_type, find_action(opened, action))
    values = case_views.read_values(opened, [question.field for question in questions])
    form = answers.fill_form(questions, values, version=str(opened.case.version))
    return await _show_action(page, opened, action, questions, form)


@router.post(
    _ACTION, responses=_PROBLEMS, openapi_extra=answers.answers_body("version", version=10, result=60)
)
async def submit_action_form(
    page: TheActPage, action: Annotated[Name, Path()], form: SubmittedForm
) -> Response:
    """Do an action."""
    opened = await page.open()
    case_type, definition = opened.version.bound.case_type, find_action(opened, action)
    questions = answers.list_questions(case_type, definition)
    present = case_views.read_values(opened, definition.asks)
    fields = answers.read_fields(form, case_type, questions, present)
    effective, result = answers.read_effective(form, clock.now()), form.get("result", 60)
    if len(definition.results) > 1 and result not in definition.results:
        form.error("result", "Choose how it ends")
    if not form.ok:
        return await _show_action(page, opened, action, questions, form, 400)
    act = Act(
        kind=ActKind.ACTION,
        id=action,
        at=clock.now(),
        by=_NOBODY,
        effective=effective,
        fields=fields,
        result=result,
    )
    try:
        await page.act(read_version(form), act)
    except Problem as problem:
        if answers.is_stale(problem):
            return await _show_action(page, await page.open(), action, questions, form, 409)
        answers.add_problem(form, problem, questions)
        return await _show_action(page, opened, action, questions, form, 400)
    return page.finish(action)


async def _show_action(
    page: ActPage,
    opened: OpenedCase,
    name: str,
    questions: list[Question],
    form: Form,
    status: int = 200,
) -> Response:
    """Show an action's form. What others did since its version comes first; nothing typed is lost."""
    case_type, action = opened.version.bound.case_type, find_action(opened, name)
    results = [(result, case_type.results[result].name.en) for result in action.results]
    context: dict[str, Any] = {"title": action.name.en, "results": results if len(results) > 1 else []}
    return await show_form(page, opened, form, status, questions=questions, **context)


async def show_form(
    page: ActPage,
    opened: OpenedCase,
    form: Form,
    status: int,
    *,
    template: str = "office-act.html",
    **context: Any,
) -> Response:
    """Show a form of a case, with what was changed since the version of its page."""
    version, changes = read_version(form), []
    if version != opened.case.version:
        changes = await page.list_changes(opened, version)
    values = {"case": opened.case, "case_type": opened.version.bound.case_type, "changes": changes}
    return render(page.request, page.staff, template, status, form=form, **values, **context)


@router.get(_TASK, responses=_PROBLEMS)
async def show_task_form(page: TheActPage, task: Annotated[Name, Path()]) -> Response:
    """Show a task, and how it may come out."""
    opened = await page.open()
    form = Form({"version": str(opened.case.version)})
    return await _show_task(page, opened, find_task(opened, task), form)


@router.post(
    _TASK, responses=_PROBLEMS, openapi_extra=answers.answers_body("version", version=10, outcome=60)
)
async def submit_task_form(page: TheActPage, task: Annotated[Name, Path()], form: SubmittedForm) -> Response:
    """Finish a task."""
    opened = await page.open()
    definition, outcome = find_task(opened, task), form.get("outcome", 60)
    effective = answers.read_effective(form, clock.now())
    if definition.outcomes and outcome not in definition.outcomes:
        form.error("outcome", "Choose how it came out")
    if not form.ok:
        return await _show_task(page, opened, definition, form, 400)
    act = Act(kind=ActKind.TASK, id=task, at=clock.now(), by=_NOBODY, effective=effective, outcome=outcome)
    try:
        await page.act(read_version(form), act)
    except Problem as problem:
        if answers.is_stale(problem):
            return await _show_task(page, await page.open(), definition, form, 409)
        answers.add_problem(form, problem, [])
        return await _show_task(page, opened, definition, form, 400)
    return page.finish(task)


def find_task(opened: OpenedCase, name: str) -> Task:
    """Find a task of the case's type. Raises Problem 404."""
    task = opened.version.bound.case_type.tasks.get(name)
    if task is None:
        raise Problem(404, "unknown-task", "There is no such task of this case.")
    return task


async def _show_task(
    page: ActPage, opened: OpenedCase, task: Task, form: Form, status: int = 200
) -> Response:
    outcomes = [(outcome, words.en) for outcome, words in task.outcomes.items()]
    return await show_form(page, opened, form, status, title=task.name.en, questions=[], outcomes=outcomes)
