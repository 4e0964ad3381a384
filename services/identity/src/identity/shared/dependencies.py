"""What the routes of several domains have in common: pages, ETags, cursors."""

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
from chassis.web import Pages, language_of
from identity.shared.oauth import scopes
from identity.shared.oauth.authorization_requests import PageError
from identity.shared.rules import limits

_LONDON = ZoneInfo("Europe/London")
_SLUG = re.compile(SLUG_PATTERN)
_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')

pages = Pages("identity")
"""Identity's pages for people: ``pages.render(request, "sign-in.html", form=form)``."""

Operator = Annotated[Caller, permission(scopes.OPERATE)]
"""Whoever runs the region."""


IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=1_000)]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=100, description="The ETag of the version you changed")
]


NOT_REFERRED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Headers of a redirect whose address holds a code or a request."""


def network_of(request: Request) -> str:
    """Where a request comes from, as limits count it."""
    return limits.subscriber_network(request.client.host if request.client else "")


def format_time(moment: datetime, request: Request) -> str:
    """A time as people here say it."""
    local = moment.astimezone(_LONDON)
    return format_datetime(local, "d MMMM y, HH:mm", locale=language_of(request))


def respond_cached(body: bytes, if_none_match: str | None, cache_control: str) -> Response:
    """The JSON body with its ETag; 304 when the caller has it already (RFC 9110 section 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache_control}
    known = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    if tag in known or "*" in known:
        return Response(None, 304, headers)
    return Response(body, headers=headers, media_type="application/json")


def read_id_cursor(paging: Pager) -> UUID | None:
    """The id after which a list by id goes on. Raises Problem 400 for a cursor of another list."""
    start = paging.start(str)
    try:
        return ids.read(start[0]) if start else None
    except ValueError as error:
        raise _cursor_problem() from error


def read_slug_cursor(paging: Pager) -> str:
    """The slug after which a list by slug goes on. Raises Problem 400 for a cursor of another list."""
    start = paging.start(str)
    if start and not _SLUG.fullmatch(start[0]):
        raise _cursor_problem()
    return start[0] if start else ""


def _cursor_problem() -> Problem:
    message = "is not a cursor of this list; leave it out to start again"
    wrong = FieldError(field="query.after", message=message, code="bad_cursor")
    return Problem(400, "invalid-request", "The cursor cannot be used; see errors.", errors=[wrong])


def require_version(if_match: str | None) -> int:
    """The version in ``If-Match``. Raises Problem 428 without it, 412 when it is none of ours."""
    if if_match is None:
        raise Problem(428, "version-needed", "Send the ETag you read as If-Match, so that no change is lost.")
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise Problem(412, "version-changed", "If-Match is not an ETag of this record. Read it again.")
    return int(found[1])


def document_not_modified() -> dict[int | str, dict[str, Any]]:
    """``responses=`` of a route that answers 304."""
    return {304: {"description": "Not changed since the ETag in If-None-Match"}}


def show_wrong_request(request: Request, error: PageError) -> Response:
    """Show what is wrong with a request. Never a redirect: nobody knows to whom it would lead."""
    return pages.render(request, "wrong-request.html", 400, reason=str(error))
