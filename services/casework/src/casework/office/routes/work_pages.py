"""Who works on a case, and when things truly happened."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from casework.cases.actions import cases
from casework.cases.actions.reads import OpenedCase
from casework.cases.schemas import Assignment, Name
from casework.model.rules.acts import Act, ActKind, Actor
from casework.office.actions import case_views, people
from casework.office.routes import answers
from casework.office.routes.access import PAGES
from casework.office.routes.act_pages import ActPage, TheActPage, find_action, read_version, show_form
from casework.teams.actions import teams
from chassis import clock
from chassis.etags import Precondition
from chassis.problems import Problem, document_problems
from chassis.web import Form, SubmittedForm, form_body

router = APIRouter(prefix=f"{PAGES}/cases", tags=["office pages"], default_response_class=HTMLResponse)
_PROBLEMS = document_problems(404)
_ASSIGNMENT = "/{case_id}/assignment"
_TIME = "/{case_id}/actions/{action}/time"
_NOBODY = Actor("", frozenset())
_MOST_TEAMS = 500


@router.post("/{case_id}/take", responses=_PROBLEMS, openapi_extra=form_body("version", version=10))
async def take_case(page: TheActPage, form: SubmittedForm) -> Response:
    """Take a case: it is yours from then on."""
    return await _assign(page, form, {"assignee": page.staff.subject})


@router.get(_ASSIGNMENT, responses=_PROBLEMS)
async def show_assignment_form(page: TheActPage) -> Response:
    """Show who works on a case, and to whom it can be given."""
    opened = await page.open()
    case = opened.case
    values = {"version": str(case.version), "assignee": case.assignee or "", "team": case.team or ""}
    return await _show_assignment(page, opened, Form(values))


@router.post(
    _ASSIGNMENT, responses=_PROBLEMS, openapi_extra=form_body("version", version=10, assignee=255, team=60)
)
async def submit_assignment_form(page: TheActPage, form: SubmittedForm) -> Response:
    """Give a case to a person or a team, or take it from them."""
    values = {name: form.get(name, 255) or None for name in ("team", "assignee")}
    try:
        Assignment.model_validate(values)
    except ValidationError:
        form.error("team", "A team has small letters, digits and hyphens, such as waste-north")
        return await _show_assignment(page, await page.open(), form, 400)
    return await _assign(page, form, values)


async def _assign(page: ActPage, form: Form, values: dict[str, Any]) -> Response:
    precondition = Precondition(frozenset({read_version(form)}))
    try:
        async with page.database.writing(page.council) as session:
            await cases.assign_case(
                session, page.council, page.staff.caller, page.case_id, precondition, values
            )
    except Problem as problem:
        if not answers.is_stale(problem):
            raise
        chosen = Form(
            {"version": form.get("version", 10), **{name: value or "" for name, value in values.items()}}
        )
        return await _show_assignment(page, await page.open(), chosen, 409)
    return page.finish()


async def _show_assignment(page: ActPage, opened: OpenedCase, form: Form, status: int = 200) -> Response:
    async with page.database.reading(page.council) as session:
        colleagues = await people.list_people(session, page.staff)
        council_teams = await teams.list_teams(session, page.council, "", _MOST_TEAMS)
    return await show_form(
        page,
        opened,
        form,
        status,
        template="office-assignment.html",
        title="Who works on it",
        people=colleagues,
        teams=[(team.code, team.name) for team in council_teams],
    )


@router.get(_TIME, responses=_PROBLEMS)
async def show_time_form(page: TheActPage, action: Annotated[Name, Path()]) -> Response:
    """Show when an action counts as done, to correct it."""
    opened = await page.open()
    return await _show_time(page, opened, action, Form({"version": str(opened.case.version)}))


@router.post(_TIME, responses=_PROBLEMS, openapi_extra=form_body("version", version=10))
async def submit_time_form(
    page: TheActPage, action: Annotated[Name, Path()], form: SubmittedForm
) -> Response:
    """Correct when an action happened: clocks count from then, and the history keeps both times."""
    opened = await page.open()
    effective = answers.read_effective(form, clock.now())
    if effective is None:
        form.error("effective-day", "Enter the day on which it happened")
        return await _show_time(page, opened, action, form, 400)
    act = Act(kind=ActKind.CORRECTION, id=action, at=clock.now(), by=_NOBODY, effective=effective)
    try:
        await page.act(read_version(form), act)
    except Problem as problem:
        if answers.is_stale(problem):
            return await _show_time(page, await page.open(), action, form, 409)
        answers.add_problem(form, problem, [])
        return await _show_time(page, opened, action, form, 400)
    return page.finish(action)


async def _show_time(
    page: ActPage, opened: OpenedCase, action: str, form: Form, status: int = 200
) -> Response:
    definition = find_action(opened, action)
    counted = _find_counted(opened, action)
    title = f"When it happened: {definition.name.en}"
    return await show_form(
        page, opened, form, status, title=title, questions=[], is_correction=True, counted=counted
    )


def _find_counted(opened: OpenedCase, action: str) -> datetime | None:
    """Find from when the clocks that an action touched count; None if it touched none."""
    events = (event for events in case_views.read_state(opened).clocks.values() for event in events)
    return max((event.at for event in events if event.act == action), default=None)
