"""Write what cases hold; say what is held at an address or for a vehicle."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.holdings import store
from casework.holdings.rules import list_changes, write_plate
from casework.holdings.schemas import Holdings, HoldingView
from casework.model.rules.acts import Decision
from casework.model.rules.case_type import CaseType
from casework.shared.days import find_local_day
from casework.shared.references import format_reference
from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import FieldError, Problem

MOST = 100
_READS_CASES = "casework:read"


@dataclass(frozen=True, slots=True)
class HoldingQuery:
    """Where to look: at an address or a vehicle; and for which kind, or all."""

    uprn: int | None
    plate: str | None
    kind: str


async def write_holdings(
    session: Session, council: str, case_id: UUID, case_type: CaseType, decision: Decision
) -> None:
    """Write what a case holds after a decision, in the transaction of its act."""
    day = find_local_day(decision.act.at)
    for change in list_changes(case_type, decision.state):
        if not change.is_active:
            await store.end(session, council, case_id, change.holding, day)
            continue
        values = {
            "holding": change.holding,
            "kind": change.kind,
            "number": change.number,
            "plate": change.plate,
            "day": day,
            "until": change.until,
        }
        await store.save_holding(session, council, case_id, values)


async def list_active(session: ReadSession, council: str, caller: Caller, query: HoldingQuery) -> Holdings:
    """List what is held today, of the caller's mode. Raises Problem 422."""
    filters = {
        "mode": caller.mode,
        "kind": query.kind,
        "today": find_local_day(clock.now()),
        "most": MOST,
    }
    if query.uprn is not None and query.plate is None:
        rows = await store.list_by_uprn(session, council, query.uprn, filters)
    elif query.plate is not None and query.uprn is None:
        rows = await store.list_by_plate(session, council, write_plate(query.plate), filters)
    else:
        raise _refuse()
    return Holdings(
        active=len(rows),
        until=max((row.until for row in rows if row.until is not None), default=None),
        items=[_show(row, is_open=_READS_CASES in caller.scopes) for row in rows],
    )


def _refuse() -> Problem:
    detail = "Give either `uprn` or `plate`."
    errors = [FieldError(field=f"query.{name}", message=detail, code="one_of") for name in ("uprn", "plate")]
    return Problem(422, "one-of-needed", detail, errors=errors)


def _show(row: Row[Any], *, is_open: bool) -> HoldingView:
    return HoldingView(
        kind=row.kind,
        started_on=row.started_on,
        until=row.until,
        case=row.case_id if is_open else None,
        reference=format_reference(row.reference) if is_open else None,
        number=row.number if is_open else None,
    )
