"""Who works at a council, and in which roles of its case types."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from casework.case_types.actions.published import list_published
from casework.caseload.actions import roles
from casework.model.rules.case_type import RESIDENT, SYSTEM
from casework.office.actions import people
from casework.office.rules.values import name_value
from chassis.database import ReadSession
from chassis.problems import Problem
from chassis.web.sign_in import Staff


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff: how pages call them, their roles, and where messages to these go."""

    subject: str
    name: str
    roles: Sequence[str]
    email: str


async def list_colleagues(session: ReadSession, staff: Staff) -> list[tuple[Colleague, list[str]]]:
    """List colleagues with the names of their roles: a constant number of statements."""
    holders = {row.subject: row for row in await roles.list_holders(session, staff.council)}
    names = dict(await people.list_people(session, staff))
    unnamed = await people.find_names(session, staff, set(holders) - set(names))
    role_names = await name_roles(session, staff, {role for row in holders.values() for role in row.roles})
    listed = []
    for subject, name in sorted({**unnamed, **names}.items(), key=lambda pair: pair[1]):
        row = holders.get(subject)
        colleague = Colleague(subject, name, row.roles if row else (), (row.email if row else "") or "")
        listed.append((colleague, [role_names[role] for role in colleague.roles]))
    return listed


async def find_colleague(session: ReadSession, staff: Staff, subject: str) -> Colleague:
    """Find a member of staff who came to the office, or has a role. Raises Problem 404."""
    for colleague, _ in await list_colleagues(session, staff):
        if colleague.subject == subject:
            return colleague
    raise Problem(404, "unknown-colleague", "Nobody of this id has come to the office here.")


async def name_roles(session: ReadSession, staff: Staff, further: Collection[str]) -> Mapping[str, str]:
    """Name the roles of the case types here, by id, and those that somebody holds besides."""
    names = {role: name_value(role) for role in further}
    for version in await list_published(session, staff.council):
        for role, words in version.bound.case_type.roles.items():
            names[role] = words.en
    of_staff = {role: name for role, name in names.items() if role not in {RESIDENT, SYSTEM}}
    return dict(sorted(of_staff.items(), key=lambda pair: pair[1]))
