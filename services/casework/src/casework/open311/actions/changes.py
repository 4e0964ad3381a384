"""Note what becomes of reports, for those who sent them. Stamps are in the order of commits."""

from typing import Any
from uuid import UUID

from casework.cases.actions import reads
from casework.cases.actions.reads import CaseOutline
from casework.model.rules.open311 import is_open
from casework.open311 import store
from chassis import clock, ids
from chassis.database import Session


async def note_change(session: Session, council: str, case_id: UUID, state: str) -> None:
    """Note that a case came to a state: an update, if it is another than the one last told."""
    report = await store.lock_report(session, council, case_id)
    if report is None:
        return
    outline = await reads.find_outline(session, council, report.mode, case_id)
    if outline is None:
        return
    values = describe_state(outline, state)
    updated_at = report.updated_at
    if state != report.state:
        updated_at = await store.take_stamp(session, council, report.mode, clock.now())
        row = {
            "council": council,
            "id": ids.new(),
            "case_id": case_id,
            "mode": report.mode,
            "state": state,
            "status": values["status"],
            "words": values["notes"],
            "updated_at": updated_at,
        }
        await store.insert_update(session, row)
    await store.update_report(session, council, case_id, {**values, "updated_at": updated_at})


def describe_state(outline: CaseOutline, state: str) -> dict[str, Any]:
    """Describe a state of a case as Open311 tells it."""
    case_type = outline.version.bound.case_type
    service = case_type.open311
    if service is None:
        raise LookupError(f"{case_type.code} is not offered")
    status = service.statuses[state]
    return {
        "state": state,
        "status": status,
        "is_open": is_open(status),
        "notes": case_type.states[state].public._asdict(),
        "expected_at": outline.due_at,
    }
