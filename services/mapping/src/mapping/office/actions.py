"""The names of staff: of those who changed something in the office."""

from collections.abc import Iterable, Mapping

from chassis.database import ReadSession, Session
from chassis.web.sign_in import Staff, label_staff
from mapping.office import store


async def remember(session: Session, staff: Staff) -> None:
    """Remember the name of who changes something, for colleagues who read the history."""
    if staff.name:
        await store.save_name(session, staff.council, staff.subject, staff.name)


async def find_names(session: ReadSession, council: str, subjects: Iterable[str]) -> Mapping[str, str]:
    """Find what pages call each of these: their name, else the start of their id."""
    distinct = set(subjects)
    names = await store.find_names(session, council, distinct) if distinct else {}
    return {subject: label_staff(names.get(subject, ""), subject) for subject in distinct}
