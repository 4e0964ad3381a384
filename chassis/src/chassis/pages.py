"""Cursor pagination: ``?after=`` and ``limit``, ``next`` in the body and ``Link: rel=next`` in the header.

A cursor is the key of the last row, so every page of a list costs the same (keyset, no OFFSET, no count). A
list reads ``limit + 1`` rows: one row too many means that there is a next page.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import ids
from chassis.problems import FieldError, Problem
from chassis.types import Limit

Item = TypeVar("Item")
Source = TypeVar("Source")
Value = TypeVar("Value")


class Page(BaseModel, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next: str | None = Field(
        default=None, description="The cursor of the next page: send it as `after`. Null on the last page."
    )


class Pager:
    """The cursor and limit of a list request; makes the page of its rows."""

    def __init__(
        self,
        request: Request,
        response: Response,
        after: Annotated[
            str | None, Query(max_length=500, description="The `next` cursor of the previous page")
        ] = None,
        limit: Annotated[Limit, Query(description="The maximum number of items on a page")] = 50,
    ) -> None:
        self._request = request
        self._response = response
        self.limit = limit
        self.fetch = limit + 1
        self.after = _decode_cursor(after) if after is not None else None

    def page(
        self, rows: Sequence[Source], show: Callable[[Source], Item], key: Callable[[Source], Sequence[Any]]
    ) -> Page[Item]:
        """Make the page of at most ``limit`` of the ``fetch`` rows, and the link to the next page."""
        page_rows = rows[: self.limit]
        cursor = _encode_cursor(key(page_rows[-1])) if len(rows) > self.limit else None
        if cursor is not None:
            url = self._request.url
            query = self._request.url.include_query_params(after=cursor, limit=self.limit).query
            self._response.headers["Link"] = f'<{url.path}?{query}>; rel="next"'
        return Page[Item](items=[show(row) for row in page_rows], next=cursor)

    def start(self, *kinds: type) -> tuple[Any, ...] | None:
        """Return the cursor's key if its values are of these types. Raises Problem 400 for any other."""
        if self.after is None:
            return None
        if len(self.after) != len(kinds) or any(
            type(value) is not kind for value, kind in zip(self.after, kinds, strict=True)
        ):
            raise _make_cursor_problem()
        return tuple(self.after)

    def read_day(self, text: str) -> date:
        """Read a day of the cursor's key. Raises Problem 400 for a cursor of another list."""
        return _read_value(date.fromisoformat, text)

    def read_moment(self, text: str) -> datetime:
        """Read a moment with its zone, as ``read_day``."""
        return _read_value(lambda value: datetime.fromisoformat(value).astimezone(UTC), text)

    def read_id(self, text: str) -> UUID:
        """Read an id, as ``read_day``."""
        return _read_value(ids.read, text)

    def read_text(self, text: str) -> str:
        """Read a text that can be printed, as ``read_day``."""
        return _read_value(_read_printable, text)

    def start_id(self) -> UUID | None:
        """Return the id after which the page begins. Raises Problem 400 for a cursor of another list."""
        start = self.start(str)
        return self.read_id(start[0]) if start else None


def _read_printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it cannot be printed")
    return text


def _read_value(parse: Callable[[str], Value], text: str) -> Value:
    try:
        return parse(text)
    except (ValueError, OverflowError) as error:
        raise _make_cursor_problem() from error


def _encode_cursor(key: Sequence[Any]) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps(list(key), separators=(",", ":")).encode()).decode().rstrip("=")
    )


def _decode_cursor(cursor: str) -> list[Any]:
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _make_cursor_problem() from error
    if not isinstance(key, list):
        raise _make_cursor_problem()
    return key


def _make_cursor_problem() -> Problem:
    message = "is not a cursor of this list; leave it out to start again"
    error = FieldError(field="query.after", message=message, code="bad_cursor")
    return Problem(400, "invalid-request", "The cursor cannot be used; see errors.", errors=[error])


Paging = Annotated[Pager, Depends(Pager)]
