"""The page of what was sent: where it stands, what is to be paid, and its reference."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.problems import Problem, document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from chassis.web import SubmittedForm, form_body, see_other
from resident.shared.pages import PATH, pages
from resident.shared.platform import ThePlatform
from resident.submission.actions import payment, views
from resident.submission.actions.views import SubmissionView
from resident.submission.rules import FAILED, LEADS_TO_PAY, REFRESHES, Money, Step, write_pounds
from townhall_client import TownhallError

Anybody = Annotated[None, public]
_log = logging.getLogger(__name__)
_UNREACHABLE = "Payments cannot be reached now. No money was taken. Try again in a few minutes."
Token = Annotated[
    str, Path(min_length=52, max_length=52, pattern="^[0-9a-z]+$", description="The page's own")
]
Waits = Annotated[int, Query(ge=0, le=len(REFRESHES), description="How often it has looked again")]

router = APIRouter(
    prefix=f"/{{council}}/{PATH}/{{service}}/submissions",
    tags=["pages"],
    default_response_class=HTMLResponse,
)


@router.get("/{token}", responses=document_problems(404))
async def show_submission(
    _: Anybody, request: Request, calls: Calls, council: Slug, service: Slug, token: Token, wait: Waits = 0
) -> Response:
    """Show where what you sent stands."""
    row = await views.find(calls, council, service, token)
    view = await views.view(calls, council, row)
    page = pages.render(request, _choose_page(view), form_action=LEADS_TO_PAY, **_describe(view, wait))
    if view.waits and wait < len(REFRESHES):
        page.headers["Refresh"] = f"{REFRESHES[wait]};url=?wait={wait + 1}"
    return page


@router.post("/{token}", responses=document_problems(403, 404, 503), openapi_extra=form_body())
async def pay_for_submission(
    _: Anybody,
    __: SubmittedForm,
    calls: Calls,
    townhall: ThePlatform,
    council: Slug,
    service: Slug,
    token: Token,
) -> Response:
    """Go and pay. Twice, or in two tabs, it is one payment."""
    row = await views.find(calls, council, service, token)
    try:
        return see_other(await payment.pay(calls, townhall, council, row))
    except TownhallError as error:
        _log.warning("a payment cannot be created", extra={"reason": str(error)})
        raise Problem(503, "payments-unreachable", _UNREACHABLE) from None


def _choose_page(view: SubmissionView) -> str:
    match view.row.step:
        case Step.OPENING:
            return "submission-opening.html"
        case Step.REFUSED:
            return "submission-refused.html"
        case Step.PAYING if view.money is not Money.PAID:
            return "submission-payment.html"
    return "submission-done.html"


def _describe(view: SubmissionView, wait: int) -> dict[str, Any]:
    row = view.row
    due = row.payment["amount"] if row.payment else 0
    return {
        "submission": row,
        "money": view.money,
        "failed": view.money in FAILED,
        "due": write_pounds(due),
        "has_price_changed": bool(due) and due != row.price_checked and view.money is None,
        "lines": [
            (line["narrative"], write_pounds(line["amount"]))
            for line in (row.payment or {}).get("lines") or ()
        ],
        "looks_again": view.waits and wait < len(REFRESHES),
    }
