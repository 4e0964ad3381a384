"""What routes of several domains share: pages, ETags, cursors."""

import hashlib
import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from fastapi import Header, Request, Response

from chassis import ids
from chassis.auth import Caller, permission
from chassis.pages import Pager
from chassis.problems import FieldError, Problem
from chassis.types import SLUG_PATTERN
from chassis.web import Pages, choose_language
from identity.shared.oauth import scopes
from identity.shared.oauth.authorization_requests import PageError
from identity.shared.rules import limits

_LONDON = ZoneInfo("Europe/London")
_SLUG = re.compile(SLUG_PATTERN)
_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')

pages = Pages("identity")
"""Identity's pages for people: ``pages.render(request, "sign-in.html", form=form)``."""

Operator = Annotated[Caller, permission(scopes.OPERATE)]
"""The operator of the region."""


IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=1_000)]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=100, description="The ETag of the version you changed")
]


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


def respond_cached(body: bytes, if_none_match: str | None, cache_control: str) -> Response:
    """Respond with a JSON body and its ETag, or with 304 when the caller has it (RFC 9110 section 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache_control}
    caller_tags = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    if tag in caller_tags or "*" in caller_tags:
        return Response(None, 304, headers)
    return Response(body, headers=headers, media_type="application/json")


def read_id_cursor(paging: Pager) -> UUID | None:
    """Read the id after which a page begins. Raises Problem 400 for a cursor of another list."""
    start = paging.start(str)
    try:
        return ids.read(start[0]) if start else None
    except ValueError as error:
        raise _cursor_problem() from error


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


def require_version(if_match: str | None) -> int:
    """Read the version from ``If-Match``. Raises Problem 428 without it, 412 when it is no ETag of ours."""
    if if_match is None:
        raise Problem(428, "version-needed", "Send the ETag you read as If-Match, so that no change is lost.")
    matched = _VERSION.fullmatch(if_match.strip())
    if matched is None:
        raise Problem(412, "version-changed", "If-Match is not an ETag of this record. Read it again.")
    return int(matched[1])


def document_not_modified() -> dict[int | str, dict[str, Any]]:
    """Document the 304 of a route, for ``responses=``."""
    return {304: {"description": "Not changed since the ETag in If-None-Match"}}


def show_wrong_request(request: Request, error: PageError) -> Response:
    """Show what is wrong with a request. Never redirect: nobody knows where that would lead."""
    return pages.render(request, "wrong-request.html", 400, reason=str(error))
