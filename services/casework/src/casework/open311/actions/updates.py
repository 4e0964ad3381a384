"""Updates both ways: what became of a sender's reports, and what they add to them."""

from datetime import timedelta
from typing import Any

from casework.cases.actions.changes import note_message
from casework.open311 import store
from casework.open311.actions.reports import unknown_report
from casework.open311.schemas.params import UpdateForm, UpdateQuery
from casework.open311.schemas.views import ReceivedUpdate, UpdateView
from casework.shared.references import format_reference, read_reference
from casework.shared.words import Words
from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem, invalid

DEFAULT = timedelta(hours=24)
CLOCK_DIFFERENCE = timedelta(seconds=60)
"""How far a sender's clock may be ahead of ours: up to there a window that was answered stays so."""
_MOST = 5000


async def list_updates(
    session: Session, council: str, caller: Caller, query: UpdateQuery, language: str
) -> list[UpdateView]:
    """List the updates in a window of the reports that the caller sent. Raises Problem 400.

    No update is later written into the window, as far as it lies before now or a minute ahead.
    """
    now = clock.now()
    reached = await store.reach(
        session, council, caller.mode, min(query.end_date or now, now + CLOCK_DIFFERENCE)
    )
    end = query.end_date or reached
    start = query.start_date or _find_start(end)
    if start > end:
        raise invalid("query.start_date", "must lie before end_date")
    rows = await store.list_updates(session, council, caller.mode, caller.client_id, start, end, _MOST + 1)
    if len(rows) > _MOST:
        detail = f"There are more than {_MOST} updates between these dates. Ask for less at a time."
        raise Problem(400, "window-too-wide", detail)
    return [_show(row, language) for row in rows]


def _find_start(end: Any) -> Any:
    try:
        return end - DEFAULT
    except OverflowError:
        raise invalid("query.end_date", "lies too far away") from None


def _show(row: Any, language: str) -> UpdateView:
    return UpdateView(
        update_id=ids.show(row.id),
        service_request_id=row.reference,
        status=row.status,
        external_status_code=row.state,
        updated_datetime=row.updated_at,
        description=Words(**row.words).pick(language),
    )


async def receive_update(session: Session, council: str, caller: Caller, form: UpdateForm) -> ReceivedUpdate:
    """Take what a sender adds to a report of theirs. The same again is answered as before.

    Raises Problem 404.
    """
    client, mode = caller.client_id, caller.mode
    await store.lock_sender_id(session, "update", client, form.update_id)
    earlier = await store.find_message(session, council, mode, client, form.update_id)
    if earlier is not None:
        return ReceivedUpdate(update_id=ids.show(earlier))
    reference = read_reference(form.service_request_id)
    rows = await store.list_by_reference(session, council, mode, [format_reference(reference or "")])
    if not rows or rows[0].client != client:
        raise unknown_report()
    message = ids.new()
    row = {
        "council": council,
        "id": message,
        "case_id": rows[0].case_id,
        "mode": mode,
        "client": client,
        "sender_id": form.update_id,
        "received_at": clock.now(),
    }
    await store.insert_message(session, row)
    parts = _list_parts(form)
    await note_message(session, council, rows[0].case_id, "open311-update", caller.record(), parts)
    return ReceivedUpdate(update_id=ids.show(message))


def _list_parts(form: UpdateForm) -> dict[str, Any]:
    parts = {
        "status": form.status,
        "updated_datetime": form.updated_datetime.isoformat(),
        "description": form.description,
        "from": form.describe_person(),
        "media_url": form.media_url,
    }
    return {f"update.{name}": part for name, part in parts.items() if part}
