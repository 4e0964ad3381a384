"""A case that is acted on, the version of its type, and the law of time of its council."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.calendar.actions.calendars import load_calendars
from casework.case_types.actions.published import (
    PublishedVersion,
    find_numbered,
    find_published,
    get_published,
    get_versions,
)
from casework.cases import rules
from casework.cases.store import records as store
from casework.engine.rules.deadlines import LawOfTime
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import CaseType
from casework.shared.references import format_reference
from chassis import ids
from chassis.database import ReadSession, Session
from chassis.problems import Problem

_NOT_FOUND = 404
__all__ = ["PublishedVersion", "find_numbered", "find_published", "get_versions"]


@dataclass(frozen=True, slots=True)
class Contact:
    """How the person whom a case is about is reached, and in which language: en or cy."""

    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case is: a point by WGS 84, and its street."""

    lat: float
    long: float
    usrn: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A case that is acted on, as it was before: its row is locked, or not there yet."""

    council: str
    id: UUID
    mode: str
    version: PublishedVersion
    state: CaseState
    opened_at: datetime
    reference: str  # without separators
    person: str | None = None
    contact: Contact | None = None
    restricted: str | None = None
    last_digest: bytes | None = None  # of the last entry of its history
    submission: str | None = None
    place: Place | None = None
    uprn: int | None = None
    team: str | None = None


def read_subject(row: Row[Any], version: PublishedVersion) -> Subject:
    """Read a locked row."""
    state = rules.read_state(row.engine, row.personal or {})
    return Subject(
        row.council,
        row.id,
        row.mode,
        version,
        state,
        row.opened_at,
        row.reference,
        row.person,
        read_contact(row),
        row.restricted,
        getattr(row, "last_digest", None),
        row.submission,
        read_place(row),
        row.uprn,
        row.team,
    )


def read_contact(row: Row[Any]) -> Contact | None:
    """Read how the person of a case is reached; None if that is not known."""
    return Contact(row.email, row.phone, row.language) if row.language else None


def read_place(row: Row[Any]) -> Place | None:
    """Read where a case is; None if that is not known."""
    return None if getattr(row, "lat", None) is None else Place(row.lat, row.long, row.usrn)


def describe_place(subject: Subject) -> dict[str, Any]:
    """Describe a new case's place for its event; nothing of one that a single role may know of."""
    service = subject.version.bound.case_type.open311
    members: dict[str, Any] = {
        "reference": format_reference(subject.reference),
        "is_public": service is not None and not service.private and subject.restricted is None,
    }
    if subject.restricted is not None:
        return members
    if subject.uprn is not None:
        members["uprn"] = str(subject.uprn)
    if subject.place is not None:
        members |= {"lat": subject.place.lat, "long": subject.place.long}
        members |= {} if subject.place.usrn is None else {"usrn": str(subject.place.usrn)}
    return members


async def lock_subject(session: Session, council: str, case_id: UUID) -> tuple[Row[Any], Subject] | None:
    """Lock a case of either mode until the transaction ends; None if it is gone."""
    row = await store.lock_case(session, council, case_id)
    if row is None:
        return None
    return row, read_subject(row, await get_version(session, council, row.type_version))


async def list_running(session: ReadSession, council: str, after: UUID, most: int) -> Sequence[Subject]:
    """List cases with clocks that run or could not be computed, in the order of their ids; none is locked."""
    rows = await store.list_running(session, council, after, most)
    return [read_subject(row, await get_version(session, council, row.type_version)) for row in rows]


async def get_version(session: ReadSession, council: str, version_id: UUID) -> PublishedVersion:
    """Get the version that a case began with. Raises LookupError."""
    version = await get_published(session, council, version_id)
    if version is None:
        raise LookupError(f"no version {ids.show(version_id)}")
    return version


async def load_due_dates(session: ReadSession, council: str, authority: Any = None) -> LawOfTime:
    """Load what computes due dates. ``authority``: of ``find_authority``, for clocks of school days.

    Without it, or with one that is not there, they say what is missing.
    """
    try:
        authority_id = ids.read(authority) if isinstance(authority, str) else None
        calendars = await load_calendars(session, council, closures=True, authority=authority_id)
        return LawOfTime(calendars)
    except (ValueError, Problem) as error:
        if isinstance(error, Problem) and error.status_code != _NOT_FOUND:
            raise
    return LawOfTime(await load_calendars(session, council, closures=True))


def find_authority(case_type: CaseType, fields: Mapping[str, Any]) -> Any:
    """Find what a case says of the admission authority whose school days count."""
    return fields.get(case_type.admission_authority)
