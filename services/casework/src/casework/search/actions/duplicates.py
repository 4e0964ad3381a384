"""Find cases that are likely about the same: near in place and time, and of a type that the type names."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from casework.cases.actions import cases, reads, subjects
from casework.cases.rules import list_apart
from casework.cases.schemas import Words
from casework.model.rules import case_type as model
from casework.search import store
from casework.search.rules import Match, Site, make_box, rank_candidates
from casework.search.schemas import Duplicate, Duplicates, DuplicateSearch, Likeness
from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession
from chassis.problems import FieldError, Problem

_MOST_CANDIDATES = 200
_MOST = 20


async def list_duplicates(session: ReadSession, council: str, caller: Caller, case_id: UUID) -> Duplicates:
    """List cases that are likely about the same as one. Raises Problem 404."""
    row, version, _ = await reads.find_visible_case(session, council, caller, case_id)
    site = Site(row.uprn, row.usrn, row.lat, row.long)
    around = version.bound.case_type.duplicates
    return await _find(session, council, caller, around, site, row.opened_at, case_id)


async def search_duplicates(
    session: ReadSession, council: str, caller: Caller, search: DuplicateSearch
) -> Duplicates:
    """Find cases that are likely about the same as one that is not open yet. Raises Problem (404, 422)."""
    version = await subjects.find_published(session, council, search.case_type)
    if version is None:
        raise Problem(404, "unknown-case-type", f"There is no published case type {search.case_type!r} here.")
    place = search.location
    site = Site(search.uprn) if place is None else Site(search.uprn, place.usrn, place.lat, place.long)
    case_type = version.bound.case_type
    _check_open(case_type, search.same)
    return await _find(
        session, council, caller, case_type.duplicates, site, clock.now(), None, same=search.same
    )


def _check_open(case_type: model.CaseType, same: Mapping[str, Any]) -> None:
    """Check that a search is by fields that all who read the case read. Raises Problem 422."""
    open_fields = case_type.fields.keys() - list_apart(case_type)
    if closed := sorted(same.keys() - open_fields):
        detail = f"Search by fields that {case_type.code} has, and that are not personal or of one role."
        errors = [FieldError(field=f"body.same.{name}", message=detail, code="not_open") for name in closed]
        raise Problem(422, "field-not-open", detail, errors=errors)


async def _find(
    session: ReadSession,
    council: str,
    caller: Caller,
    around: model.Duplicates,
    site: Site,
    at: datetime,
    without: UUID | None,
    *,
    same: Mapping[str, Any] | None = None,
) -> Duplicates:
    """Find cases that were opened within days before a moment, or after it."""
    nearby = store.Nearby(
        codes=around.case_types,
        since=at - timedelta(days=around.days),
        roles=await cases.list_staff_roles(session, council, caller),
        uprn=site.uprn,
        usrn=site.usrn,
        box=make_box(site, around.metres),
        without=without,
        same=same or {},
    )
    rows = await store.list_nearby(session, council, caller.mode, nearby, _MOST_CANDIDATES)
    matches = rank_candidates(site, rows, around.metres)[:_MOST]
    items = [_show(match) for match in matches]
    return Duplicates(items=items, searched_from=nearby.since, metres=around.metres)


def _show(match: Match) -> Duplicate:
    likeness = [
        Likeness(reason=reason.code, words=Words(en=reason.words.en, cy=reason.words.cy))
        for reason in match.reasons
    ]
    summary = reads.summarise(match.row)
    return Duplicate(**summary.model_dump(), metres=match.metres, likeness=likeness)
