"""Parameters of routes: permissions, tags of models, cursors of lists ordered by a number."""

from typing import Annotated, Any

from pydantic import JsonValue, RootModel

from chassis import etags
from chassis.auth import Caller, permission
from chassis.pages import Pager
from chassis.problems import invalid

_MAX_NUMBER = 2**31 - 1
StoredJson = RootModel[dict[str, JsonValue]]  # JSON as PostgreSQL wrote it, times unchanged


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
    return etags.version_tag(model.root["version"] if isinstance(model, RootModel) else model.version)


Reader = Annotated[Caller, permission("address:read")]
Writer = Annotated[Caller, permission("address:write")]
