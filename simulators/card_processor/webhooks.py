"""Webhook messages: what is queued when something happens, and the faults by which it goes astray."""

from collections.abc import Sequence
from typing import Any

from simulators.card_processor import clock
from simulators.card_processor.database import Record, dump
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession, public

FAULTS = ("duplicate", "reorder", "drop", "delay")
MAX_FAULTS = 50
_INSERT = (
    "INSERT INTO webhook (account, sequence, id, type, body, state, due, retry_at, attempts, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, '')"
)


def announce(session: AccountSession, event: str, record: Record) -> None:
    """Queue a message about a record, with the fault of the first in line."""
    account = session.account
    session.announced = True
    message_id = session.new_id("msg")
    body = dump({"type": event, "timestamp": session.now, "data": public(record)})
    fault = _take_fault(session) if account.webhook_url else None
    state, due, copies = "waiting" if account.webhook_url else "no_address", session.now, 1
    match fault:
        case {"fault": "drop"}:
            state = "dropped"
        case {"fault": "duplicate"}:
            copies = 2
        case {"fault": "delay", "seconds": int(seconds)}:
            due = clock.add_seconds(session.now, seconds)
        case {"fault": "reorder"}:
            state = "held"
    for _ in range(copies):
        values = (account.id, session.next_sequence(), message_id, event, body, state, due)
        session.database.run(_INSERT, *values)
    if fault and fault["fault"] == "reorder" and not fault["count"]:
        release_messages(session)


def _take_fault(session: AccountSession) -> dict[str, Any] | None:
    """Take one message off the count of the oldest fault."""
    faults = session.account.webhook_faults
    if not faults:
        return None
    faults[0]["count"] -= 1
    return faults[0] if faults[0]["count"] else faults.pop(0)


def release_messages(session: AccountSession) -> None:
    """Let go of messages that wait for others, the last first."""
    statement = "SELECT sequence FROM webhook WHERE account = ? AND state = 'held' ORDER BY sequence DESC"
    for (sequence,) in session.database.rows(statement, session.account.id):
        statement = "UPDATE webhook SET state = 'waiting', sequence = ? WHERE account = ? AND sequence = ?"
        session.database.run(statement, session.next_sequence(), session.account.id, sequence)


def clear_faults(session: AccountSession) -> None:
    """Forget the faults of later messages, and let go of those that wait."""
    session.account.webhook_faults.clear()
    release_messages(session)


def list_messages(session: AccountSession, limit: int) -> Sequence[dict[str, Any]]:
    """List the newest messages, oldest first, each with what became of it."""
    names = ("sequence", "id", "type", "state", "due", "attempts", "error", "body")
    statement = (
        "SELECT sequence, id, type, state, due, attempts, error, body FROM webhook"
        " WHERE account = ? ORDER BY sequence DESC LIMIT ?"
    )
    rows = session.database.rows(statement, session.account.id, limit)
    return [dict(zip(names, row, strict=True)) for row in reversed(rows)]


def resend(session: AccountSession, message_id: str) -> None:
    """Queue a message once more, whatever became of it. Raises ApiError if there is none."""
    statement = "SELECT type, body FROM webhook WHERE account = ? AND id = ? LIMIT 1"
    row = session.database.row(statement, session.account.id, message_id)
    if row is None or not session.account.webhook_url:
        raise ApiError(404, "not_found", "There is no such message, or no webhook address")
    values = (session.account.id, session.next_sequence(), message_id, *row, "waiting", session.now)
    session.database.run(_INSERT, *values)
