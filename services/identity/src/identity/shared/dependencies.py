"""What routes of several domains share: pages, cursors."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from fastapi import Request, Response

from chassis.auth import Caller, permission
from chassis.pages import Pager
from chassis.problems import FieldError, Problem
from chassis.types import SLUG_PATTERN
from chassis.web import Pages, choose_language, gettext_noop
from identity.shared.oauth import scopes
from identity.shared.oauth.authorization_requests import PageError
from identity.shared.rules import limits

_LONDON = ZoneInfo("Europe/London")
_SLUG = re.compile(SLUG_PATTERN)

pages = Pages("identity", name=gettext_noop("Townhall account"))
"""Identity's pages for people: ``pages.render(request, "sign-in.html", form=form)``."""

Operator = Annotated[Caller, permission(scopes.OPERATE)]
"""The operator of the region."""


NOT_REFERRED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Headers of a redirect whose URL holds a code or a request."""


SANDBOX = "sandbox"


def mark_test_service(request: Request, mode: str) -> None:
    """Have the pages of this request say that the service is a test, if it is one of the sandbox."""
    request.state.test_service = mode == SANDBOX


def network_of(request: Request) -> str:
    """Get the network a request comes from, as rate limits count it."""
    return limits.subscriber_network(request.client.host if request.client else "")


def format_time(time: datetime, request: Request) -> str:
    """Format a time for people, in London and in the page's language."""
    local = time.astimezone(_LONDON)
    return format_datetime(local, "d MMMM y, HH:mm", locale=choose_language(request))


def read_id_cursor(paging: Pager) -> UUID | None:
    """Read the id after which a page begins. Raises Problem 400 for a cursor of another list."""
    return paging.start_id()


def read_slug_cursor(paging: Pager) -> str:
    """Read the slug after which a page begins. Raises Problem 400 for a cursor of another list."""
    start = paging.start(str)
    if start and not _SLUG.fullmatch(start[0]):
        raise _cursor_problem()
    return start[0] if start else ""


def _cursor_problem() -> Problem:
    message = "is not a cursor of this list; leave it out to start again"
    error = FieldError(field="query.after", message=message, code="bad_cursor")
    return Problem(400, "invalid-request", "The cursor cannot be used; see errors.", errors=[error])


def show_wrong_request(request: Request, error: PageError) -> Response:
    """Show what is wrong with a request. Never redirect: nobody knows where that would lead."""
    return pages.render(request, "wrong-request.html", 400, reason=str(error))
