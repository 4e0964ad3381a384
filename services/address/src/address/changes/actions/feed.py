"""Read the change feed: every change of a property or street once, in commit order."""

from typing import Any

from sqlalchemy import Row

from address import events
from address.changes.actions.change_log import CHANGED, CREATED, RETIRED
from address.changes.rules import Cursor
from address.changes.schemas import Change, ChangePage
from address.changes.store import feed
from chassis.database import ReadSession
from chassis.events import EventData
from chassis.problems import Problem, conflict

_PROPERTY: dict[str, type[EventData]] = {
    CREATED: events.PropertyCreated,
    CHANGED: events.PropertyChanged,
    RETIRED: events.PropertyRetired,
}
_STREET: dict[str, type[EventData]] = {
    CREATED: events.StreetCreated,
    CHANGED: events.StreetChanged,
    RETIRED: events.StreetRetired,
}


async def list_changes(session: ReadSession, council: str, after: Cursor, limit: int) -> ChangePage:
    """List the changes after a cursor.

    Raises Problem 409 for a cursor beyond the end, 503 when the database holds changes beyond it. Both follow
    a restore; going on silently would lose changes.
    """
    rows = await feed.list_after(session, council, after.xact, after.position, limit + 1)
    page = rows[:limit]
    if not page:
        await _check_end(session, council, after)
        return ChangePage(items=[], next=after.encode(), more=False)
    last = Cursor(page[-1].xact, page[-1].position)
    return ChangePage(items=[_item(row) for row in page], next=last.encode(), more=len(rows) > limit)


async def _check_end(session: ReadSession, council: str, after: Cursor) -> None:
    end = await feed.get_end(session, council)
    if after.xact >= end.next:
        detail = (
            "The cursor is from after the moment this gazetteer was restored to. Start again without it, and"
            " compare versions."
        )
        raise conflict("cursor-ahead", detail)
    if end.last is not None and end.last >= end.next:
        detail = (
            "The database was restored into a server whose transaction counter lies behind it. Its operator"
            f" must move the counter beyond {end.last} (pg_resetwal) before the feed goes on."
        )
        raise Problem(503, "feed-behind", detail, headers={"Retry-After": "600"})


def _item(row: Row[Any]) -> Change:
    kind = (_PROPERTY if row.of_property else _STREET)[row.kind]
    data = {name: value for name, value in row.data.items() if value is not None or not row.of_property}
    if row.kind == CHANGED:
        data["changed"] = sorted(row.changes or {})
    if row.kind == RETIRED and row.of_property:
        successors = (row.changes or {}).get("successors")
        data["successors"] = successors[1] if successors else row.successors or []
    return Change(type=kind.event_type, subject=row.subject, sequence=row.version, at=row.at, data=data)
