"""The queues of the office."""

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from casework.cases.actions.reads import find_place
from casework.office.actions import people, queues
from casework.office.actions.queues import Selected
from casework.office.routes.access import PAGES, Reader, render
from casework.search.actions import words
from casework.search.schemas import CaseSearch
from casework.shared.references import read_reference
from chassis import ids
from chassis.database import Reading, Writing
from chassis.pages import Pager, Paging
from chassis.web import Form, SubmittedForm, form_body, see_other

router = APIRouter(prefix=PAGES, tags=["office pages"], default_response_class=HTMLResponse)
_MOST_WORDS = 200
_NAME = r"^[a-z][a-z0-9_-]{0,59}$|^$"


class View(StrEnum):
    """Whose cases a queue shows."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"
    REFUND_DUE = "refund"
    CLOSED = "closed"


class QueueFilters:
    """What a queue shows, as its form sends it: an empty field is one that was left as it was."""

    def __init__(
        self,
        view: Annotated[View, Query()] = View.ALL,
        case_type: Annotated[str, Query(alias="type", pattern=_NAME)] = "",
        state: Annotated[str, Query(pattern=_NAME)] = "",
        team: Annotated[str, Query(pattern=_NAME)] = "",
        assignee: Annotated[str, Query(max_length=255, pattern=r"^[\x21-\x7e]*$")] = "",
    ) -> None:
        self.view = view
        columns = {"code": case_type, "state": state, "team": team, "assignee": assignee}
        self.values = {
            "type": case_type, "state": state, "team": team, "assignee": assignee,
        }  # fmt: skip
        self.selected = Selected(
            equal={name: value for name, value in columns.items() if value},
            is_mine=view is View.MINE,
            is_unassigned=view is View.UNASSIGNED,
            is_overdue=view is View.OVERDUE,
            is_refund_due=view is View.REFUND_DUE,
            is_open=view is not View.CLOSED,
        )

    def write_query(self, **changes: str) -> str:
        """Write the query of this queue, with something else of it."""
        values: Mapping[str, str] = {"view": self.view, **self.values, **changes}
        return urlencode({name: value for name, value in values.items() if value})


TheFilters = Annotated[QueueFilters, Depends()]


@router.get("")
async def show_own_work(staff: Reader, request: Request, session: Writing, paging: Paging) -> Response:
    """Show the cases and tasks that are yours, the first due first."""
    await people.remember(session, staff)
    page, cases = await _list_page(session, staff, Selected(is_mine=True), paging)
    tasks = [] if paging.after else await queues.list_own_tasks(session, staff)
    return render(request, staff, "office-own-work.html", cases=cases, tasks=tasks, next=page.next)


@router.get("/cases")
async def show_cases(
    staff: Reader,
    request: Request,
    session: Reading,
    paging: Paging,
    filters: TheFilters,
) -> Response:
    """Show a queue of cases. It holds nothing of a person."""
    page, cases = await _list_page(session, staff, filters.selected, paging)
    context: dict[str, Any] = {
        "cases": cases,
        "next": page.next,
        "filters": filters,
        "views": View,
        "counts": await queues.count_cases(session, staff),
        "types": await queues.list_types(session, staff),
        "people": await people.list_people(session, staff),
        "form": Form(filters.values),
    }
    return render(request, staff, "office-cases.html", **context)


@router.post("/cases/search", openapi_extra=form_body("q", q=_MOST_WORDS))
async def find_cases(
    staff: Reader, request: Request, form: SubmittedForm, session: Reading, paging: Paging
) -> Response:
    """Find cases by words that you may read, or lead to the one whose reference was typed.

    The words are sent in a form, for addresses are kept in logs and by browsers.
    """
    text = form.get("q", _MOST_WORDS)
    reference = read_reference(text)
    case_id = await queues.find_case(session, staff, reference) if reference else None
    if case_id is not None:
        return see_other(f"/{staff.council}/casework/office/cases/{ids.show(case_id)}")
    try:
        search = CaseSearch(words=text)
    except ValidationError:
        form.error("q", "Enter 1 to 10 words of letters or digits")
        return render(request, staff, "office-found.html", 400, form=form, cases=[], next=None)
    rows = await words.search_cases(
        session, staff.council, staff.caller, search, paging.start_id(), paging.fetch
    )
    page = paging.page(list(rows), lambda row: row, lambda row: (ids.show(row.id),))
    cases = await queues.show_cases(session, staff, page.items)
    return render(request, staff, "office-found.html", form=form, cases=cases, next=page.next)


async def _list_page(
    session: Reading, staff: Reader, selected: Selected, paging: Pager
) -> tuple[Any, list[queues.CaseLine]]:
    start = paging.start(str, str)
    after = None if start is None else (paging.read_moment(start[0]), paging.read_id(start[1]))
    rows = await queues.list_cases(session, staff, selected, after, paging.fetch)
    page = paging.page(rows, lambda row: row, partial(find_place, selected))
    return page, await queues.show_cases(session, staff, page.items)
