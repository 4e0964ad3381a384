"""Lists of records, a page at a time, oldest first."""

import json
from typing import Any

from simulators.card_processor.database import Record
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession, public

_AFTER = "SELECT sequence FROM record WHERE account = ? AND kind = ? AND id = ?"
_ALL = "SELECT body FROM record WHERE account = ? AND kind = ? AND sequence > ? ORDER BY sequence LIMIT ?"
_OF_PARENT = (
    "SELECT body FROM record WHERE account = ? AND kind = ? AND parent = ? AND sequence > ?"
    " ORDER BY sequence LIMIT ?"
)
_NEWEST = "SELECT body FROM record WHERE account = ? AND kind = ? ORDER BY sequence DESC LIMIT ?"


def list_page(
    session: AccountSession, kind: str, parent: str | None, after: str | None, limit: int
) -> dict[str, Any]:
    """Return a page of records after one of them, and ``next``, the value of ``after`` for the next page.

    Raises ApiError if ``after`` is no id of such a record.
    """
    name, sequence = session.account.id, 0
    if after is not None:
        if (row := session.database.row(_AFTER, name, kind, after)) is None:
            raise ApiError(400, "invalid_value", "after must be the id of the last record of a page", "after")
        sequence = row[0]
    if parent is None:
        rows = session.database.rows(_ALL, name, kind, sequence, limit + 1)
    else:
        rows = session.database.rows(_OF_PARENT, name, kind, parent, sequence, limit + 1)
    records = [public(json.loads(body)) for (body,) in rows[:limit]]
    return {"data": records, "next": records[-1]["id"] if len(rows) > limit else None}


def list_newest(session: AccountSession, kind: str, limit: int) -> list[Record]:
    """List the newest records, newest first."""
    return [json.loads(body) for (body,) in session.database.rows(_NEWEST, session.account.id, kind, limit)]
