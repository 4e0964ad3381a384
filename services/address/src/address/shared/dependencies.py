"""Parameters of routes: permissions, entity tags, cursors of lists ordered by a number."""

from typing import Annotated, Any

from fastapi import Header
from pydantic import JsonValue, RootModel

from chassis.auth import Caller, permission
from chassis.pages import Pager
from chassis.problems import Problem, invalid

_MAX_TAG_LENGTH = 12
_MAX_NUMBER = 2**31 - 1
ETAG: dict[str, Any] = {"headers": {"ETag": {"description": "Its version", "schema": {"type": "string"}}}}
IfMatch = Annotated[
    str | None, Header(max_length=200, description='The ETag of the version you have seen, such as "3"')
]
IfNoneMatch = Annotated[str | None, Header(max_length=200, description="The ETag of the copy you have")]
StoredJson = RootModel[dict[str, JsonValue]]  # JSON as PostgreSQL wrote it, times unchanged


def parse_etags(tags: str) -> set[int]:
    """Parse the versions from a list of entity tags (RFC 9110, 8.8.3); other tags match nothing."""
    bare = (tag.strip().removeprefix("W/") for tag in tags.split(","))
    return {
        int(tag[1:-1])
        for tag in bare
        if tag[:1] == tag[-1:] == '"' and tag[1:-1].isdecimal() and len(tag) <= _MAX_TAG_LENGTH
    }


def read_if_match(if_match: str | None) -> set[int]:
    """Parse the versions the caller has read. Raise Problem 428 when the header is missing."""
    if if_match is None:
        detail = "Send the ETag it was read with as If-Match, so that nobody's change is lost."
        raise Problem(428, "precondition-required", detail)
    return parse_etags(if_match)


def read_number_cursor(paging: Pager) -> int | None:
    """Read the number a page starts after. Raise Problem 400 for a cursor of another list."""
    key = paging.start(int)
    if key is not None and not 0 <= key[0] <= _MAX_NUMBER:
        raise invalid(
            "query.after", "is not a cursor of this list; leave it out to start again", "bad_cursor"
        )
    return key[0] if key else None


def etag_headers(model: Any) -> dict[str, str]:
    """Return the ETag header of a model with a version."""
    return {"ETag": f'"{model.root["version"] if isinstance(model, RootModel) else model.version}"'}


Reader = Annotated[Caller, permission("address:read")]
Writer = Annotated[Caller, permission("address:write")]
