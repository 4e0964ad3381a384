"""Cases that were selected in a queue, and what can be done to all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from casework.caseload.schemas import BulkItem, BulkOutcome
from casework.cases.actions import cases, reads
from casework.model.rules.case_type import Action, CaseType
from casework.office.actions import queues
from casework.office.actions.queues import CaseLine
from chassis import ids
from chassis.database import ReadSession
from chassis.web.sign_in import Staff

MOST = 100
_CHANGED = 412


@dataclass(frozen=True, slots=True)
class Selection:
    """Selected cases. ``case_type`` is theirs if all have one, ``actions`` what it has for their reader."""

    items: Sequence[BulkItem]  # at the versions at which they were selected
    lines: Sequence[CaseLine]
    case_type: CaseType | None
    actions: Sequence[Action]


def read_items(values: Sequence[str]) -> list[BulkItem]:
    """Read what a form says was selected: ids and versions. Raises ValueError."""
    items = {}
    for value in values:
        text, _, version = value.partition(".")
        if not (version.isascii() and version.isdecimal()):
            raise ValueError(value)
        item = BulkItem.model_validate({"id": text, "version": int(version[:10])})
        items[item.id] = item
    if not 0 < len(items) <= MOST:
        raise ValueError(f"{len(items)} cases")
    return list(items.values())


async def read_selection(session: ReadSession, staff: Staff, items: Sequence[BulkItem]) -> Selection:
    """Read selected cases; those that their reader may not know of are left out."""
    rows = list(await reads.list_chosen(session, staff.council, staff.caller, {item.id for item in items}))
    lines = await queues.show_cases(session, staff, rows)
    types = await queues.load_types(session, staff, rows)
    codes = {row.code for row in rows}
    if len(codes) != 1:
        return Selection(items, lines, None, ())
    case_type = types[rows[-1].type_version]
    roles = set(await cases.list_staff_roles(session, staff.council, staff.caller))
    states = {row.state for row in rows}
    actions = [
        action
        for action in case_type.actions.values()
        if states.intersection(action.sources) and roles & action.roles
    ]
    return Selection(items, lines, case_type, actions)


def explain(outcome: BulkOutcome) -> str:
    """Say why nothing was done to a case."""
    if outcome.status == _CHANGED:
        return "Somebody changed it after you selected it. Look at it again."
    return str((outcome.problem or {}).get("detail", ""))


def show_item(line: CaseLine, items: Sequence[BulkItem]) -> str:
    """Write a selected case as the form has it."""
    version = next(item.version for item in items if item.id == line.id)
    return f"{ids.show(UUID(str(line.id)))}.{version}"
