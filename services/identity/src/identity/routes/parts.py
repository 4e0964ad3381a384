"""What the routes have in common: the issuer, ETags, and answers that see what was just written."""

import hashlib
import logging
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from fastapi import Depends, Header, Request, Response

from chassis import ids
from chassis.auth import Caller, permission
from chassis.pages import Pager
from chassis.problems import FieldError, Problem
from chassis.types import SLUG_PATTERN
from chassis.web import Pages, language_of
from identity.actions.issuer import DATABASE_AWAY, Issuer
from identity.actions.provider import Provider
from identity.rules import limits, scopes

log = logging.getLogger(__name__)

_HERE = ZoneInfo("Europe/London")
_SLUG = re.compile(SLUG_PATTERN)
_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')

pages = Pages("identity")
"""Identity's pages for people: ``pages.render(request, "sign-in.html", form=form)``."""

Operator = Annotated[Caller, permission(scopes.OPERATE)]
"""Whoever runs the region."""


async def _issuer(request: Request) -> Issuer:
    issuer: Issuer = request.app.state.issuer
    return issuer


async def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    return provider


async def _afterwards(request: Request) -> AsyncIterator[None]:
    yield
    try:
        await request.app.state.directory.refresh()
    except DATABASE_AWAY as error:  # the change is made; this process hears of it as others do
        log.warning("the councils could not be read again: %s", error)


TheIssuer = Annotated[Issuer, Depends(_issuer)]
TheProvider = Annotated[Provider, Depends(_provider)]
LiveAtOnce = Annotated[None, Depends(_afterwards, scope="function")]
"""Name it before the session: it ends after the commit and before the answer leaves, so the process
that made a change answers by it at once; others hear of it within milliseconds."""
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=1_000)]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=100, description="The ETag of the version you changed")
]


def network_of(request: Request) -> str:
    """Where a request comes from, as limits count it."""
    return limits.network(request.client.host if request.client else "")


def spoken(moment: datetime, request: Request) -> str:
    """A time as people here say it."""
    local = moment.astimezone(_HERE)
    return format_datetime(local, "d MMMM y, HH:mm", locale=language_of(request))


def cached(body: bytes, if_none_match: str | None, cache_control: str) -> Response:
    """The JSON body with its ETag; 304 when the caller has it already (RFC 9110 section 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache_control}
    known = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    if tag in known or "*" in known:
        return Response(None, 304, headers)
    return Response(body, headers=headers, media_type="application/json")


def after_id(paging: Pager) -> UUID | None:
    """The id after which a list by id goes on. Raises Problem 400 for a cursor of another list."""
    start = paging.start(str)
    try:
        return ids.read(start[0]) if start else None
    except ValueError as error:
        raise _bad_cursor() from error


def after_slug(paging: Pager) -> str:
    """The slug after which a list by slug goes on. Raises Problem 400 for a cursor of another list."""
    start = paging.start(str)
    if start and not _SLUG.fullmatch(start[0]):
        raise _bad_cursor()
    return start[0] if start else ""


def _bad_cursor() -> Problem:
    message = "is not a cursor of this list; leave it out to start again"
    wrong = FieldError(field="query.after", message=message, code="bad_cursor")
    return Problem(400, "invalid-request", "The cursor cannot be used; see errors.", errors=[wrong])


def version_meant(if_match: str | None) -> int:
    """The version in ``If-Match``. Raises Problem 428 without it, 412 when it is none of ours."""
    if if_match is None:
        raise Problem(428, "version-needed", "Send the ETag you read as If-Match, so that no change is lost.")
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise Problem(412, "version-changed", "If-Match is not an ETag of this record. Read it again.")
    return int(found[1])


def not_modified() -> dict[int | str, dict[str, Any]]:
    """``responses=`` of a route that answers 304."""
    return {304: {"description": "Not changed since the ETag in If-None-Match"}}
