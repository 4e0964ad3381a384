"""Many cases at once: select them in a queue, choose what to do, and see what became of each."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from casework.caseload.actions import bulk
from casework.caseload.schemas import BulkResult
from casework.model.rules.acts import Act, ActKind, Actor
from casework.office.actions import people, selections
from casework.office.actions.selections import Selection
from casework.office.routes import answers
from casework.office.routes.access import PAGES, Worker, render
from casework.office.rules.questions import Question
from chassis import clock
from chassis.database import Database, ReadSession
from chassis.problems import Problem
from chassis.types import Slug
from chassis.web import Form, SubmittedForm
from chassis.web.sign_in import Staff

router = APIRouter(prefix=f"{PAGES}/bulk", tags=["office pages"], default_response_class=HTMLResponse)
_ASSIGN = "assign"
_NOBODY = Actor("", frozenset())


@router.post("", openapi_extra=answers.answers_body(case=40))
async def choose_change(staff: Worker, request: Request, council: Slug, form: SubmittedForm) -> Response:
    """Show the selected cases, and what can be done to all of them."""
    database: Database = request.app.state.database
    async with database.reading(council) as session:
        selection = await _read_selection(session, staff, form)
        colleagues = await people.list_people(session, staff)
    return _show(request, staff, "office-bulk.html", selection, form, people=colleagues)


@router.post("/change", openapi_extra=answers.answers_body("what", case=40, what=60, assignee=255, result=60))
async def change_cases(staff: Worker, request: Request, council: Slug, form: SubmittedForm) -> Response:
    """Do what was chosen to each selected case, once what it asks for is answered."""
    database: Database = request.app.state.database
    async with database.reading(council) as session:
        selection = await _read_selection(session, staff, form)
        colleagues = await people.list_people(session, staff)
    change = form.get("what", 60)
    if change == _ASSIGN:
        values = {"assignee": form.get("assignee", 255) or None}
        async with database.writing(council) as writer:
            result = await bulk.assign_cases(writer, council, staff.caller, selection.items, values)
        return _show_result(request, staff, selection, result, "Given")
    action = next((action for action in selection.actions if action.id == change), None)
    if action is None or selection.case_type is None:
        form.error("what", "Choose what to do")
        return _show(request, staff, "office-bulk.html", selection, form, 400, people=colleagues)
    questions = answers.list_questions(selection.case_type, action)
    act = _read_act(form, selection, action.id, action.results, questions)
    if act is None:
        results = [(name, selection.case_type.results[name].name.en) for name in action.results]
        context: dict[str, Any] = {
            "action": action,
            "questions": questions,
            "results": results if len(results) > 1 else [],
        }
        return _show(request, staff, "office-bulk-act.html", selection, form, **context)
    async with database.writing(council) as writer:
        result = await bulk.act_on_cases(writer, council, staff.caller, selection.items, act)
    return _show_result(request, staff, selection, result, action.name.en)


def _read_act(
    form: Form, selection: Selection, name: str, results: tuple[str, ...], questions: list[Question]
) -> Act | None:
    """Read an act from its form; None while the form was not shown, or has errors."""
    if form.get("is_filled") != "yes" or selection.case_type is None:
        return None
    fields = answers.read_fields(form, selection.case_type, questions, {})
    effective, result = answers.read_effective(form, clock.now()), form.get("result", 60)
    if len(results) > 1 and result not in results:
        form.error("result", "Choose how they end")
    if not form.ok:
        return None
    return Act(
        kind=ActKind.ACTION,
        id=name,
        at=clock.now(),
        by=_NOBODY,
        effective=effective,
        fields=fields,
        result=result,
    )


async def _read_selection(session: ReadSession, staff: Staff, form: Form) -> Selection:
    """Read the selected cases. Raises Problem 400 for a form that no page of ours sends."""
    values = form.all("case")
    if not values:
        return Selection((), (), None, ())
    try:
        items = selections.read_items(values)
    except ValueError as error:
        raise Problem(400, "invalid-request", "The form does not say which cases it is about.") from error
    return await selections.read_selection(session, staff, items)


def _show(
    request: Request,
    staff: Staff,
    template: str,
    selection: Selection,
    form: Form,
    status: int = 200,
    **context: Any,
) -> Response:
    chosen = [(line, selections.show_item(line, selection.items)) for line in selection.lines]
    status = 400 if form.errors else status
    context |= {"selection": selection, "chosen": chosen}
    return render(request, staff, template, status, form=form, **context)


def _show_result(
    request: Request, staff: Staff, selection: Selection, result: BulkResult, title: str
) -> Response:
    lines = {line.id: line for line in selection.lines}
    outcomes = [
        (lines[outcome.id], outcome.done, selections.explain(outcome))
        for outcome in result.items
        if outcome.id in lines
    ]
    done = sum(is_done for _, is_done, _ in outcomes)
    context: dict[str, Any] = {"title": title, "outcomes": outcomes, "done": done}
    return render(request, staff, "office-bulk-result.html", form=Form(), **context)
