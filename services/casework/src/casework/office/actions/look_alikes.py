"""Cases that are likely about the same, in words. Nothing of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from casework.cases import rules
from casework.cases.actions.cases import Opening, lock_case_of_submission
from casework.model.rules.case_type import CaseType
from casework.office.actions import queues
from casework.office.rules import labels
from casework.search.actions import duplicates
from casework.search.schemas import Duplicate, DuplicateSearch
from chassis.database import ReadSession, Session
from chassis.web.sign_in import Staff

_MOST = 5  # on a page: the likeliest


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A case that is likely about the same as another, and why."""

    id: UUID
    reference: str
    type_name: str
    state_name: str
    opened_at: datetime
    reasons: Sequence[str]


async def list_of_case(session: ReadSession, staff: Staff, case_id: UUID) -> list[LookAlike]:
    """List the cases that are likely about the same as one. Raises Problem 404."""
    listed = await duplicates.list_duplicates(session, staff.council, staff.caller, case_id)
    return await _show(session, staff, listed.items)


async def list_of_opening(
    session: Session, staff: Staff, case_type: CaseType, opening: Opening
) -> list[LookAlike]:
    """List the cases that are likely about the same as one to open; none if its form has opened it."""
    uprn = opening.uprn or rules.find_uprn(case_type, opening.fields)
    if uprn is None:
        return []
    if opening.submission and await lock_case_of_submission(
        session, staff.council, staff.caller.mode, opening.submission
    ):
        return []
    search = DuplicateSearch(case_type=opening.code, uprn=uprn)
    listed = await duplicates.search_duplicates(session, staff.council, staff.caller, search)
    return await _show(session, staff, listed.items)


async def _show(session: ReadSession, staff: Staff, items: Sequence[Duplicate]) -> list[LookAlike]:
    if not items:
        return []
    types = {case_type.code: case_type for case_type in await queues.list_types(session, staff)}
    return [_show_line(item, types.get(item.case_type)) for item in items[:_MOST]]


def _show_line(item: Duplicate, case_type: CaseType | None) -> LookAlike:
    """Show a case in the words of its published type; by its codes where there is none."""
    state = None if case_type is None else case_type.states.get(item.state)
    return LookAlike(
        id=item.id,
        reference=item.reference,
        type_name=labels.name_value(item.case_type) if case_type is None else case_type.name.en,
        state_name=labels.name_value(item.state) if state is None else state.staff.en,
        opened_at=item.opened_at,
        reasons=[likeness.words.en for likeness in item.likeness],
    )
