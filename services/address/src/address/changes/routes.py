"""The change feed, for clients without NATS."""

from typing import Annotated

from fastapi import APIRouter, Query

from address.changes import rules
from address.changes.actions import feed as changes
from address.changes.schemas import ChangePage
from address.shared.dependencies import Reader
from chassis.database import Reading
from chassis.problems import document_problems, invalid
from chassis.types import Slug

router = APIRouter(prefix="/{council}/address/v1/changes", tags=["changes"])
After = Annotated[
    str | None,
    Query(max_length=rules.MAX_LENGTH, description="`next` of the page before; none to begin at the first"),
]


@router.get("", response_model=ChangePage, responses=document_problems(409))
async def list_changes(
    council: Slug,
    _: Reader,
    session: Reading,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most changes on a page")] = 100,
) -> ChangePage:
    """List every change of a property or a street once, in commit order.

    When you have processed a page, keep ``next`` and send it as ``after``. You will miss nothing and see
    nothing twice. A change appears when all transactions before it have ended.
    """
    try:
        cursor = rules.START if after is None else rules.decode(after)
    except ValueError as error:
        raise invalid("query.after", f"{error}; leave it out to start again", "bad_cursor") from error
    return await changes.list_changes(session, council, cursor, limit)
