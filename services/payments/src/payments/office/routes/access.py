"""What routes of the office share: who uses it, how its pages look, and how its forms are read."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller, permission
from chassis.pages import Pager
from chassis.problems import Problem
from chassis.types import Slug
from chassis.web import Form, Pages, gettext_noop
from chassis.web.sign_in import SignIn, Staff, signed_in
from payments.office.rules.amounts import parse_pounds
from payments.office.rules.requests import APPROVE, OFFICE, Reason
from payments.office.schemas import MAX_NOTE, MAX_REFUND
from payments.search.actions.staff_search import Start
from payments.shared.amounts import format_amount
from payments.shared.days import format_day, format_moment

API = "/{council}/payments/office/v1"
PAGES = "/{council}/payments/office"
pages = Pages("payments", name=gettext_noop("Payments"))
sign_in = SignIn([OFFICE, APPROVE], permission="payments:sign-in", home="/office")
OfficeStaff = Annotated[Staff, signed_in(OFFICE)]
LimitScope = Literal["payments:office", "payments:approve"]
_SECTIONS = {"": "Payments", "/requests": "Requests", "/suspense": "Suspense", "/takings": "Takings"}


def _make_staff(council: Slug, caller: Annotated[Caller, permission(OFFICE)]) -> Staff:
    return Staff(council, caller, "")


ApiStaff = Annotated[Staff, Depends(_make_staff)]
"""A caller of the API; nothing but their token is known of them."""


def read_start(paging: Pager) -> Start | None:
    """Read after which payment a page of the list begins. Raises Problem 400."""
    start = paging.start(str, str)
    return (paging.read_moment(start[0]), paging.read_id(start[1])) if start else None


def make_start(row: Row[Any]) -> tuple[str, str]:
    """Make the cursor of a payment."""
    return row.created_at.isoformat(), ids.show(row.id)


def render(request: Request, staff: Staff, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a page of the office, in English, with its navigation."""
    home = f"/{staff.council}/payments/office"
    path = request.url.path.removeprefix(home)
    sections = [
        (name, f"{home}{section}", path.startswith(section) if section else _is_of_payments(path))
        for section, name in _SECTIONS.items()
    ]
    words: dict[str, Any] = {
        "money": format_amount,
        "show_id": ids.show,
        "moment": format_moment,
        "day": format_day,
    }
    frame: dict[str, Any] = {"sections": sections, "home": home, "office": home}
    return pages.render(request, template, status, language="en", **frame, **words, **context)


def _is_of_payments(path: str) -> bool:
    return path == "" or path.startswith("/payments")


def read_pounds(form: Form, name: str, most: int = MAX_REFUND) -> int | None:
    """Read an amount in pounds as pence; None with an error in the form."""
    amount = parse_pounds(form.get(name, 20))
    if amount is None or not 0 < amount <= most:
        form.error(name, "Enter an amount in pounds, such as 12.50")
        return None
    return amount


def read_reason(form: Form) -> Reason | None:
    """Read why, and check its words; None with an error in the form."""
    if len(form.get("note", MAX_NOTE)) > MAX_NOTE:
        form.error("note", "The note must have 500 characters or fewer")
    try:
        return Reason(form.get("reason"))
    except ValueError:
        form.error("reason", "Choose a reason")
        return None


def read_id(form: Form) -> UUID | None:
    """Read the id that makes a form count once; None with an error for one that is not ours."""
    try:
        return ids.read(form.get("id"))
    except ValueError:
        form.error("", "Load the page again and send the form once more")
        return None


def add_problem(form: Form, problem: Problem, field: str) -> None:
    """Say in the form why what it asks for is refused. Raises the problem if it is none of its matter."""
    if problem.status_code not in {400, 403, 409, 412, 422} or problem.code == "request-exists":
        raise problem
    text = problem.errors[0].message if problem.errors else problem.detail
    field_of_problem = problem.extra.get("field")
    form.error(
        str(field_of_problem) if field_of_problem in {"note", "answer"} else field, "%(text)s", text=text
    )
