"""Show streets as they are, or as they were on a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row

from address.streets import store
from address.streets.rules import undo_changes
from address.streets.schemas import Street, StreetNamed
from chassis.database import ReadSession
from chassis.problems import Problem, not_found

IN_LANGUAGE = {"welsh": "_cym", "gaelic": "_gae"}
PARTS = ("description", "locality", "town")
_FIELDS = tuple(f"{part}{suffix}" for suffix in store.LANGUAGES for part in PARTS)
_OTHER_FIELDS = ("state", "classification", "end_date")
Fields = Mapping[str, Any]


def to_street(row: Row[Any]) -> Street:
    """Convert a row to a street, undoing the changes made after the day requested."""
    later = row.later or []
    as_of_day = undo_changes(street_fields(row), later)
    return Street(
        usrn=str(row.usrn),
        version=row.version - len(later),
        record_type=row.record_type,
        start_date=row.start_date,
        **{name: as_of_day[name] for name in (*PARTS, *_OTHER_FIELDS)},
        **{language: _name_in(as_of_day, suffix) for language, suffix in IN_LANGUAGE.items()},
    )


def street_fields(row: Row[Any]) -> dict[str, Any]:
    """Return the fields of a street that can change, named as in its history."""
    return {name: getattr(row, name) for name in (*_FIELDS, *_OTHER_FIELDS)}


def _name_in(as_of_day: Fields, suffix: str) -> StreetNamed | None:
    if as_of_day[f"description{suffix}"] is None:
        return None
    return StreetNamed(**{part: as_of_day[f"{part}{suffix}"] for part in PARTS})


async def get_street(session: ReadSession, council: str, usrn: int, day: date | None) -> Street:
    """Return the street, now or on a day. Raise Problem 404."""
    row = await store.get_street(session, council, usrn, day)
    if row is None:
        raise not_found(f"street {usrn}")
    if day is not None and row.since > day:
        detail = f"There was no street {usrn} on {day}: the gazetteer has it from {row.since} on."
        raise Problem(404, "not-found", detail)
    return to_street(row)
