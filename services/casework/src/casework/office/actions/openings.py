"""The kinds of case that staff open, and with which action."""

from collections.abc import Sequence
from dataclasses import dataclass

from casework.case_types.actions.published import list_published
from casework.cases.actions import cases
from casework.model.rules.case_type import NEW, Action, CaseType
from chassis.database import ReadSession
from chassis.problems import Problem
from chassis.web.sign_in import Staff


@dataclass(frozen=True, slots=True)
class Openable:
    """A type of which a member of staff may open a case, by one of its actions."""

    case_type: CaseType
    action: Action


async def list_openable(session: ReadSession, staff: Staff) -> Sequence[Openable]:
    """List what a member of staff may open, by name."""
    roles = set(await cases.list_staff_roles(session, staff.council, staff.caller))
    listed = [
        Openable(version.bound.case_type, action)
        for version in await list_published(session, staff.council)
        for action in version.bound.case_type.actions.values()
        if NEW in action.sources and roles & action.roles
    ]
    return sorted(listed, key=lambda each: (each.case_type.name.en, each.action.name.en))


async def find_openable(session: ReadSession, staff: Staff, code: str, action: str) -> Openable:
    """Find what a member of staff wants to open. Raises Problem 404."""
    for each in await list_openable(session, staff):
        if each.case_type.code == code and each.action.id == action:
            return each
    raise Problem(404, "unknown-case-type", "You can open no such case here.")
