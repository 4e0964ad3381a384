"""The pages on which roles of case types are given to staff."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import StringConstraints, ValidationError

from casework.caseload.actions import roles
from casework.caseload.schemas import RoleHolder
from casework.cases.schemas import Subject
from casework.colleagues import actions
from casework.office.routes.access import PAGES, Configurer, render
from chassis.database import Reading, Writing
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other

router = APIRouter(prefix=f"{PAGES}/people", tags=["office pages"], default_response_class=HTMLResponse)
Colleague = Annotated[
    Subject, StringConstraints(max_length=200), Path(description="The `sub` of a member of staff here")
]
_EMAIL = 254


@router.get("")
async def show_people(staff: Configurer, request: Request, session: Reading) -> Response:
    """List who has come to the office, and in which roles they act."""
    people = await actions.list_colleagues(session, staff)
    return render(request, staff, "office-people.html", people=people)


@router.get("/{subject}", responses=document_problems(404))
async def show_roles_form(
    staff: Configurer, request: Request, subject: Colleague, session: Reading
) -> Response:
    """Show the roles of a member of staff, to change them."""
    colleague = await actions.find_colleague(session, staff, subject)
    form = Form({"email": colleague.email})
    context: dict[str, Any] = {"colleague": colleague, "chosen": colleague.roles}
    context["names"] = await actions.name_roles(session, staff, colleague.roles)
    return render(request, staff, "office-roles.html", form=form, **context)


@router.post("/{subject}", responses=document_problems(404), openapi_extra=form_body(role=60, email=_EMAIL))
async def submit_roles_form(
    staff: Configurer, request: Request, council: Slug, subject: Colleague, form: SubmittedForm,
    session: Writing,
) -> Response:  # fmt: skip
    """Give a member of staff the roles that were ticked, in place of those they had."""
    colleague = await actions.find_colleague(session, staff, subject)
    names = await actions.name_roles(session, staff, colleague.roles)
    chosen = [role for role in form.all("role") if role in names]
    try:
        holder = RoleHolder(roles=chosen, email=form.get("email", _EMAIL) or None)
    except ValidationError:
        form.error("email", "Enter an email address, such as jo@example.org")
        context: dict[str, Any] = {"colleague": colleague, "chosen": chosen, "names": names}
        return render(request, staff, "office-roles.html", 400, form=form, **context)
    await roles.set_roles(session, council, staff.caller, subject, holder)
    return see_other(f"/{council}/casework/office/people")
