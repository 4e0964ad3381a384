"""Opening a case for somebody who called, wrote or came: which kind, and what is asked."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from casework.cases.actions import cases
from casework.cases.actions.cases import Opening
from casework.cases.actions.subjects import Contact, Place
from casework.cases.schemas import ContactDetails, Name
from casework.office.actions import look_alikes, openings
from casework.office.actions.look_alikes import LookAlike
from casework.office.actions.openings import Openable
from casework.office.routes import answers
from casework.office.routes.access import PAGES, Worker, render
from casework.office.rules import places
from casework.office.rules.questions import Question
from casework.settings import Settings
from chassis import clock, ids
from chassis.database import Database, Reading
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, see_other
from chassis.web.sign_in import Staff

router = APIRouter(prefix=f"{PAGES}/new-case", tags=["office pages"], default_response_class=HTMLResponse)
_ONE = "/{code}/{action}"
_PROBLEMS = document_problems(404)
_CONTACT = {"email": 254, "phone": 16, "language": 2}
_BODY = answers.answers_body("submission", submission=26, despite=3, place=places.MOST, **_CONTACT)
PlaceText = Annotated[
    str,
    Query(max_length=places.MOST, description="Where it is, chosen on a map before: longitude,latitude"),
]


@router.get("")
async def choose_type(staff: Worker, request: Request, session: Reading) -> Response:
    """Show the kinds of case that you may open."""
    kinds = await openings.list_openable(session, staff)
    return render(request, staff, "office-new-case.html", kinds=kinds)


@router.get(_ONE, responses=_PROBLEMS)
async def show_opening_form(
    staff: Worker,
    request: Request,
    code: Annotated[Name, Path()],
    action: Annotated[Name, Path()],
    session: Reading,
    place: PlaceText = "",
) -> Response:
    """Show what is asked of a new case."""
    kind = await openings.find_openable(session, staff, code, action)
    form = Form({"submission": ids.show(ids.new()), "language": "en", "place": place})
    _read_place(form)
    return _show(request, staff, kind, answers.list_questions(kind.case_type, kind.action), form)


@router.post(_ONE, responses=_PROBLEMS, openapi_extra=_BODY)
async def submit_opening_form(
    staff: Worker,
    request: Request,
    council: Slug,
    code: Annotated[Name, Path()],
    action: Annotated[Name, Path()],
    form: SubmittedForm,
) -> Response:
    """Open a case. A form that is sent twice opens one.

    Cases that are likely about the same are shown first; ``despite`` says that they were looked at.
    """
    database: Database = request.app.state.database
    async with database.reading(council) as session:
        kind = await openings.find_openable(session, staff, code, action)
    questions = answers.list_questions(kind.case_type, kind.action)
    opening = _read_opening(form, kind, questions, staff)
    if opening is None:
        return _show(request, staff, kind, questions, form, 400)
    try:
        async with database.writing(council) as writer:
            if not form.get("despite", 3):
                likely = await look_alikes.list_of_opening(writer, staff, kind.case_type, opening)
                if likely:
                    return _show(request, staff, kind, questions, form, duplicates=likely)
            case_id = await cases.open_case(writer, council, staff.caller, opening)
    except Problem as problem:
        answers.add_problem(form, problem, questions)
        return _show(request, staff, kind, questions, form, 400)
    return see_other(f"/{council}/casework/office/cases/{ids.show(case_id)}?done={action}")


def _read_opening(form: Form, kind: Openable, questions: list[Question], staff: Staff) -> Opening | None:
    """Read what a case is opened with; None with errors in the form."""
    fields = answers.read_fields(form, kind.case_type, questions, {})
    effective, contact = answers.read_effective(form, clock.now()), _read_contact(form)
    submission, place = answers.read_submission(form), _read_place(form)
    if submission is None or not form.ok:
        return None
    return Opening(
        code=kind.case_type.code,
        action=kind.action.id,
        fields=fields,
        effective=effective,
        submission=f"office {staff.subject[:60]} {ids.show(submission)}",
        person=None,
        uprn=None,
        contact=contact,
        place=place,
    )


def _read_place(form: Form) -> Place | None:
    """Read where the case is; None if that is not said, or with an error in the form."""
    try:
        point = places.read_place(form.get("place", places.MOST))
    except ValueError:
        form.error("", "Find the place on the map again")
        return None
    return None if point is None else Place(lat=point[1], long=point[0])


def _read_contact(form: Form) -> Contact | None:
    """Read how the person is reached; None if nothing is said, or with errors in the form."""
    values = {name: form.get(name, most) or None for name, most in _CONTACT.items()}
    if values["phone"]:
        digits = "".join(
            character for character in values["phone"] if character.isdigit() or character == "+"
        )
        values["phone"] = f"+44{digits[1:]}" if digits.startswith("0") else digits
    if not (values["email"] or values["phone"]):
        return None
    try:
        details = ContactDetails.model_validate({**values, "language": values["language"] or "en"})
    except ValidationError as error:
        texts = {"email": "Enter an email address, such as jo@example.org", "phone": "Enter a phone number"}
        for fault in error.errors():
            name = str(fault["loc"][0])
            form.error(name, texts.get(name, "Choose English or Welsh"))
        return None
    return Contact(**details.model_dump())


def _show(
    request: Request,
    staff: Staff,
    kind: Openable,
    questions: list[Question],
    form: Form,
    status: int = 200,
    *,
    duplicates: Sequence[LookAlike] = (),
) -> Response:
    settings: Settings = request.app.state.settings
    context: dict[str, Any] = {
        "kind": kind,
        "questions": questions,
        "duplicates": duplicates,
        "place_page": settings.place_page.replace("{council}", staff.council),
    }
    return render(request, staff, "office-opening.html", status, form=form, **context)
