"""Answer where cases are, and list the open ones near a point.

An answer is a job: it commits with the event that asks for it, waits while mapping or its database is away,
and takes effect once. So each case that was opened has one answer, also if nothing is known of its place.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import Database, ReadSession, Session
from chassis.jobs import Every, Purge
from chassis.jobs.handlers import CallContext, CallData, Finish, Job, JobHandlers, RetryAfterError
from chassis.jobs.queue import enqueue
from chassis.problems import Problem
from mapping.case_locations import rules, store
from mapping.case_locations.rules import Place
from mapping.events import CaseClosed, CaseEvent, CaseOpened, LocationResolved
from mapping.locate.actions import Reads, Sources, properties, streets
from mapping.locate.actions.lookups import Question, look_up
from mapping.locate.rules.points import Place as Point
from mapping.locate.rules.points import from_degrees
from mapping.shared.coordinates import OutsideGreatBritainError
from mapping.snapshots.actions import of_worker

_NEAR = 50.0  # metres around a case in which assets are named, and around a place in which cases are
_MOST_OPEN = 20
_RETENTION = timedelta(days=32)  # what is over, longer than streams keep events
_PATIENCE = 2  # tries, until a property whose own event has not come is one that nobody knows
_WAIT = 15.0  # seconds between them
_LONG_PATIENCE = 8  # tries, until layers that cannot be read are as good as none
_LIMIT = 120.0  # seconds: large layers are read into memory first

handlers = JobHandlers()


class ResolveLocation(CallData):
    """Answer where a case is."""

    kind: ClassVar[str] = "mapping.resolve_location"
    case: ids.Id


async def note_opened(session: Session, council: str, event: CaseOpened, sequence: int) -> None:
    """Write where a new case is, and have it answered."""
    values = {
        **_describe(event),
        "sequence": sequence,
        "reference": event.reference,
        "is_public": event.is_public,
        "lon": event.long,
        "lat": event.lat,
        "uprn": None if event.uprn is None else int(event.uprn),
        "usrn": None if event.usrn is None else int(event.usrn),
    }
    if await store.open_case(session, council, event.case, values):
        await enqueue(session, ResolveLocation(case=event.case), council=council)


async def note_moved(session: Session, council: str, event: CaseEvent, sequence: int) -> None:
    """Write that somebody acted on a case: it is closed, or it is open, perhaps again."""
    closed_at = clock.now() if isinstance(event, CaseClosed) else None
    values = {**_describe(event), "sequence": sequence, "closed_at": closed_at}
    await store.move_case(session, council, event.case, values)


async def forget(session: Session, council: str, case_id: UUID) -> None:
    """Forget a case that casework erased."""
    await store.delete_case(session, council, case_id)


def _describe(event: CaseEvent) -> dict[str, Any]:
    return {"mode": event.mode, "case_type": event.case_type}


@handlers.call(ResolveLocation, tries=30, limit=_LIMIT)
async def resolve(context: CallContext, job: Job[ResolveLocation]) -> Finish | None:
    """Find where a case is, and answer it."""
    async with context.database.reading(job.council) as session:
        row = await store.get_case(session, job.council, job.data.case)
    if row is None or row.version > 0:
        return None
    place = Place(row.lon, row.lat, row.uprn, row.usrn)
    sources = await _open_sources(context, job.council)
    point = await _find_point(sources, place)
    if point is None and place.kind == "property" and job.failures < _PATIENCE:
        raise RetryAfterError("the property is not on the map yet", _WAIT)
    answer = None if point is None else await _look_up(sources, point, is_last=job.failures >= _LONG_PATIENCE)

    async def finish(session: Session) -> None:
        await _answer(session, job.council, job.data.case, point, answer)

    return finish


async def _open_sources(context: CallContext, council: str) -> Sources:
    snapshots = of_worker(context.database, context.settings.snapshot_bytes)  # type: ignore[attr-defined]
    await snapshots.refresh_if_older()
    return Reads(snapshots, context.database).of(council)


async def _find_point(sources: Sources, place: Place) -> Point | None:
    """Find a place on the National Grid; None if it is outside, or nobody knows where it is."""
    try:
        if place.lon is not None and place.lat is not None:
            return from_degrees(place.lon, place.lat)
        if place.uprn is not None:
            return await properties.find_property(sources, place.uprn)
        return None if place.usrn is None else await streets.find_street_point(sources, place.usrn)
    except (OutsideGreatBritainError, Problem):
        return None


async def _look_up(sources: Sources, point: Point, *, is_last: bool) -> Mapping[str, Any] | None:
    """Look up what is at a point; None if layers still cannot be read at the last try."""
    question = Question(clock.now(), "staff", _NEAR)
    try:
        return await look_up(sources, point, question)
    except Problem:
        if not is_last:
            raise
        return None


async def _answer(
    session: Session, council: str, case_id: UUID, point: Point | None, answer: Mapping[str, Any] | None
) -> None:
    """Publish the one answer of a case. It may have been erased, closed or moved to another council since."""
    row = await store.lock_case(session, council, case_id)
    if row is None or row.version > 0:
        return
    is_public = point is not None and row.is_public
    public_point = (point.easting, point.northing) if is_public and point is not None else None
    version = await store.answer_case(session, council, case_id, public_point)
    data = _make_event(row, point, answer)
    await outbox.add(session, data, council=council, subject=ids.show(case_id), sequence=version)


_INSIDE = {True: "yes", False: "no", None: "unknown"}


def _make_event(row: Row[Any], point: Point | None, answer: Mapping[str, Any] | None) -> LocationResolved:
    place, parts = Place(row.lon, row.lat, row.uprn, row.usrn), answer or {}
    return LocationResolved.model_validate(
        {
            "case": ids.show(row.case_id),
            "mode": row.mode,
            "place": place.kind,
            "easting": None if point is None else round(point.easting),
            "northing": None if point is None else round(point.northing),
            "inside": _INSIDE[parts.get("inside")],
            "areas": rules.describe_areas(parts.get("areas", ())),
            "street": rules.describe_street(parts.get("street"), row.usrn),
            "assets": rules.describe_assets(parts.get("assets", ())),
            "searched": parts.get("generation", {}),
        }
    )


async def list_open(
    session: ReadSession, council: str, mode: str, point: Point, within: float, most: int
) -> Sequence[Row[Any]]:
    """List open cases near a point that anybody may see on a map, nearest first."""
    return await store.list_near(session, council, mode, (point.easting, point.northing), within, most)


def describe_open(rows: Sequence[Row[Any]], *, is_staff: bool) -> list[dict[str, Any]]:
    """Describe open cases as answers show them: their references are for staff."""
    return [
        {
            "case_type": row.case_type,
            "reference": row.reference if is_staff else None,
            "distance_m": round(row.distance, 1),
        }
        for row in rows
    ]


async def find_open(
    database: Database, council: str, mode: str, place: Point, *, is_staff: bool
) -> list[dict[str, Any]]:
    """Find the open cases of a look-up: within 50 m, nearest first, at most 20."""
    async with database.reading(council) as session:
        rows = await list_open(session, council, mode, place, _NEAR, _MOST_OPEN)
    return describe_open(rows, is_staff=is_staff)


async def _purge(session: Session, most: int) -> int:
    return await store.purge(session, clock.now() - _RETENTION, most)


purges = (Purge("mapping.purge_case_locations", Every(3600), _purge),)
