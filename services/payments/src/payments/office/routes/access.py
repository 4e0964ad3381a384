"""What routes of the office share: who uses it, how its pages look, and how its forms are read."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import ReadSession
from chassis.pages import Pager
from chassis.problems import Problem
from chassis.types import Slug
from chassis.web import Form, Pages, gettext_noop
from chassis.web.sign_in import SignIn, Staff, signed_in
from payments.funds.actions import baskets
from payments.funds.rules.charts import SUSPENSE, TRANSFER, Fund
from payments.funds.schemas.baskets import NewLine
from payments.office.rules.amounts import parse_pounds
from payments.office.rules.requests import Reason
from payments.office.schemas import MAX_REFUND
from payments.search.actions.staff_search import Start
from payments.shared.days import format_moment, today
from payments.shared.locales import format_amount, format_day
from payments.shared.schemas import MAX_NOTE, reject_control_characters_in_lines
from payments.shared.scopes import APPROVE, OFFICE, TAKINGS

API = "/{council}/payments/office/v1"
PAGES = "/{council}/payments/office"
pages = Pages("payments", name=gettext_noop("Payments"))
sign_in = SignIn([OFFICE, APPROVE, TAKINGS], permission="payments:sign-in", home="/office")
OfficeStaff = Annotated[Staff, signed_in(OFFICE)]
LimitScope = Literal["payments:office", "payments:approve"]
_SECTIONS = (
    ("Payments", "", OFFICE),
    ("Requests", "/requests", OFFICE),
    ("Suspense", "/suspense", OFFICE),
    ("Takings", "/takings", OFFICE),
    ("Closes", "/closes", OFFICE),
    ("Tills", "/tills", TAKINGS),
    ("Banking", "/bags", TAKINGS),
    ("E-returns", "/e-returns", TAKINGS),
)
_OTHER_PATHS = {"": ("/payments",), "/tills": ("/receipts",)}
MAX_POUNDS = 100_000_000_000  # pence
MAX_REFERENCE = 255
LINE_FIELDS = ("fund", "reference", "amount")


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
        (name, f"{home}{section}", _is_of_section(path, section))
        for name, section, scope in _SECTIONS
        if staff.may(scope)
    ]
    words: dict[str, Any] = {
        "money": format_amount,
        "show_id": ids.show,
        "moment": format_moment,
        "day": format_day,
    }
    frame: dict[str, Any] = {"sections": sections, "home": home, "office": home}
    return pages.render(request, template, status, language="en", **frame, **words, **context)


def _is_of_section(path: str, section: str) -> bool:
    """Tell whether a page belongs to a section of the navigation; payments have the shortest path."""
    prefixes = (*_OTHER_PATHS.get(section, ()), *((f"{section}/",) if section else ()))
    return path == section or path.startswith(prefixes)


def read_pounds(form: Form, name: str, most: int = MAX_REFUND) -> int | None:
    """Read an amount in pounds as pence; None with an error in the form."""
    amount = parse_pounds(form.get(name, 20))
    if amount is None or not 0 < amount <= most:
        form.error(name, "Enter an amount in pounds, such as 12.50")
        return None
    return amount


def read_lines(form: Form, rows: int) -> list[NewLine]:
    """Read the lines that are filled in; what is wrong with them is an error in the form."""
    filled = [n for n in range(1, rows + 1) if any(form.get(f"{name}_{n}") for name in LINE_FIELDS)]
    if not filled:
        form.error("fund_1", "Choose where the money belongs")
    return [line for n in filled if (line := _read_line(form, n)) is not None]


def _read_line(form: Form, n: int) -> NewLine | None:
    amount, reference = (
        read_pounds(form, f"amount_{n}", MAX_POUNDS),
        form.get(f"reference_{n}", MAX_REFERENCE),
    )
    try:
        fund = ids.read(form.get(f"fund_{n}"))
    except ValueError:
        form.error(f"fund_{n}", "Choose a fund")
        return None
    if len(reference) > MAX_REFERENCE:
        form.error(f"reference_{n}", "A reference has 255 characters or fewer")
    if amount is None or not form.ok:
        return None
    return NewLine(fund=fund, amount=amount, reference=reference)


async def list_funds(session: ReadSession, council: str) -> list[Fund]:
    """List the funds that a form offers, by their codes."""
    chart = await baskets.read_chart(session, council, today())
    funds = [fund for fund in chart.funds.values() if fund.kind not in {SUSPENSE, TRANSFER}]
    return sorted(funds, key=lambda fund: fund.code)


def read_note(form: Form, name: str) -> str:
    """Read words of staff; with an error in the form for too many, and for characters that nobody types."""
    text = form.get(name, MAX_NOTE)
    if len(text) > MAX_NOTE:
        form.error(name, "This must have 500 characters or fewer")
    try:
        return reject_control_characters_in_lines(text)
    except ValueError:
        form.error(name, "This has a character in it that cannot be shown. Type the words again")
        return ""


def read_reason(form: Form) -> Reason | None:
    """Read why, and check its words; None with an error in the form."""
    read_note(form, "note")
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
