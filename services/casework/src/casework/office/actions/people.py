"""The names of staff: of those who came to the office."""

from collections.abc import Collection, Mapping

from casework.office.store import staff as store
from chassis.database import ReadSession, Session
from chassis.web.sign_in import Staff, label_staff

_MOST = 500


async def remember(session: Session, staff: Staff) -> None:
    """Remember the name of who came, for colleagues who see their id in a case."""
    if staff.name:
        await store.save_name(session, staff.council, staff.subject, staff.name)


async def list_people(session: ReadSession, staff: Staff) -> list[tuple[str, str]]:
    """List colleagues to choose from, as subject and name; oneself too."""
    rows = await store.list_names(session, staff.council, _MOST)
    return [(row.subject, row.name) for row in rows]


async def find_names(session: ReadSession, staff: Staff, subjects: Collection[str]) -> Mapping[str, str]:
    """Find what pages call each of these: their name, else the start of their id."""
    names = await store.find_names(session, staff.council, subjects) if subjects else {}
    return {subject: label_staff(names.get(subject, ""), subject) for subject in subjects}
