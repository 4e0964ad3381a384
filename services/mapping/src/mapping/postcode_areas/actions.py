"""Survey the areas of a council's postcodes, and tell address of the outcodes in which they changed.

A schedule looks for what is not surveyed: properties that were written, layers with another version, an area
that begins or ends. So what comes together is told together, and no change is missed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, ClassVar
from uuid import UUID

import numpy as np
from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import ALL_COUNCILS, Session
from chassis.jobs import CallContext, CallData, Every, Finish, Job, JobData, JobHandlers, Schedule
from chassis.jobs.queue import NewJob, enqueue_all
from chassis.resync import Page
from mapping.collections.rules.layers import Layer
from mapping.events import OutcodeLocated
from mapping.points import actions as points
from mapping.postcode_areas import rules, store
from mapping.shared.coordinates import Crs, project
from mapping.snapshots.actions import Snapshots, TooLargeError, of_worker
from mapping.snapshots.rules.snapshot import Snapshot

_INTERVAL = 10  # seconds between looks
_OVERLAP = timedelta(seconds=15)  # an event's transaction that began so long ago may commit only now
_LIMIT = 240.0  # seconds
_PAGE = 200  # outcodes told again in one transaction
_NEVER = 2**63 - 1
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_TYPES = sorted(rules.KINDS)
handlers = JobHandlers()
schedules = [Schedule("mapping.find_surveys", Every(_INTERVAL), lambda _: FindSurveys())]


class FindSurveys(JobData):
    """Find the councils whose postcodes are to be surveyed."""

    kind: ClassVar[str] = "mapping.find_surveys"


class SurveyAreas(CallData):
    """Survey the areas of a council's postcodes."""

    kind: ClassVar[str] = "mapping.survey_areas"


@handlers.effect(FindSurveys)
async def find_surveys(session: Session, _: Job[FindSurveys]) -> None:
    """Enqueue a survey of each council that needs one; one waits at most."""
    councils = await store.list_stale(session, _TYPES, clock.now())
    await enqueue_all(session, [NewJob(SurveyAreas(), council, key="areas") for council in councils])


@handlers.call(SurveyAreas, limit=_LIMIT)
async def survey_areas(context: CallContext, job: Job[SurveyAreas]) -> Finish | None:
    """Survey a council: all its outcodes if layers changed, else those whose properties did."""
    async with context.database.reading(ALL_COUNCILS) as session:
        versions = await store.get_versions(session, job.council, _TYPES)
        before = await store.get_survey(session, job.council)
    if versions is None:
        return None
    snapshots, now = await _open_snapshots(context, job.council), clock.now()
    is_whole = before is None or before.layers != versions.layers or _is_due(before.due_at, now)
    for outcode in await _list_outcodes(context, job.council, None if is_whole else before):
        await _survey_outcode(context, job.council, outcode, snapshots, now)
    survey = {
        "layers": versions.layers,
        "points_at": versions.moment - _OVERLAP,
        "due_at": await asyncio.to_thread(_find_next, snapshots, now),
    }
    return partial(store.set_survey, council=job.council, values=survey)


def _is_due(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at <= now


async def _open_snapshots(context: CallContext, council: str) -> list[Snapshot]:
    """Open the layers of areas with official codes that everybody may see; the council's own first."""
    registry: Snapshots = of_worker(context.database, context.settings.snapshot_bytes)  # type: ignore[attr-defined]
    await registry.refresh()
    layers = [layer for layer in registry.layers(council) if _is_official(layer)]
    opened = []
    for layer in sorted(layers, key=attrgetter("is_national", "name")):
        try:
            opened.append(await registry.get(layer))
        except TooLargeError:
            continue
    return opened


def _is_official(layer: Layer) -> bool:
    visible = {each.name for each in layer.visible_properties("public")}
    is_areas = layer.kind == "areas" and layer.geometry_type == "Polygon" and layer.visible_to("public")
    return (
        is_areas and layer.area_type in rules.KINDS and {layer.code_property, layer.label_property} <= visible
    )


async def _list_outcodes(context: CallContext, council: str, survey: Row[Any] | None) -> list[str]:
    """List the outcodes to survey: those with properties written since a survey; without one, all."""
    async with context.database.reading(council) as session:
        since = _BEGINNING if survey is None else survey.points_at
        outcodes = set(await points.list_outcodes(session, council, since))
        if survey is None:
            outcodes.update(await store.list_outcodes(session, council))
    return sorted(outcodes)


async def _survey_outcode(
    context: CallContext, council: str, outcode: str, snapshots: Sequence[Snapshot], now: datetime
) -> None:
    async with context.database.reading(council) as session:
        rows = await points.list_in_outcode(session, council, outcode)
    content = await asyncio.to_thread(_describe, outcode, rows, snapshots, now)
    async with context.database.writing(council) as session:
        await _tell(session, council, content, now)


def _describe(
    outcode: str, rows: Sequence[Row[Any]], snapshots: Sequence[Snapshot], now: datetime
) -> dict[str, Any]:
    searched = {each.layer.name: each.version for each in snapshots}
    if not rows:
        return rules.describe_outcode(outcode, [], searched, [])
    incodes, postcodes = np.unique([row.incode for row in rows], return_inverse=True)
    grid = np.array([(row.easting, row.northing) for row in rows], np.float64)
    chosen = [_choose(each, postcodes, grid, _to_micros(now)) for each in snapshots]
    return rules.describe_outcode(outcode, incodes.tolist(), searched, chosen)


def _choose(
    snapshot: Snapshot, postcodes: rules.Indices, grid: Any, moment: int
) -> dict[int, Mapping[str, Any]]:
    """Choose the area of a layer for each postcode, of those that hold at a moment and have a GSS code."""
    layer = snapshot.layer
    at, features = snapshot.containing_each(*project(grid, Crs.BNG, snapshot.crs).T)
    current = snapshot.is_current(moment)[features]
    at, features = at[current], features[current]
    areas = {
        index: _describe_area(layer, snapshot.properties(index)) for index in np.unique(features).tolist()
    }
    order = sorted((area["code"], index) for index, area in areas.items() if area is not None)
    rank_of = {index: rank for rank, (_, index) in enumerate(order)}
    ranks = np.array([rank_of.get(index, -1) for index in features.tolist()], np.int64)
    at, ranks = at[ranks >= 0], ranks[ranks >= 0]
    if not at.size:
        return {}
    chosen = rules.choose_areas(postcodes, at, ranks)
    return {postcode: areas[order[rank][1]] or {} for postcode, rank in chosen.items()}


def _describe_area(layer: Layer, properties: Mapping[str, Any]) -> dict[str, Any] | None:
    code = str(properties.get(layer.code_property) or "")
    if not rules.is_gss(code):
        return None
    name = str(properties.get(layer.label_property) or code)[: rules.MOST_NAME]
    return {"kind": rules.KINDS[layer.area_type], "code": code, "name": name, "layer": layer.name}


def _find_next(snapshots: Sequence[Snapshot], now: datetime) -> datetime | None:
    """Find the next moment at which an area begins or ends."""
    moment = _to_micros(now)
    limits = [array for each in snapshots for array in (each.arrays.valid_from, each.arrays.valid_to)]
    coming = [int(each[(each > moment) & (each < _NEVER)].min(initial=_NEVER)) for each in limits]
    first = min(coming, default=_NEVER)
    return None if first == _NEVER else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=first)


def _to_micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


async def _tell(session: Session, council: str, content: Mapping[str, Any], now: datetime) -> None:
    """Publish what is known of an outcode if it is not what was told last."""
    row = await store.lock_outcode(session, council, content["outcode"])
    if not content["postcodes"] if row is None else row.content == content:
        return
    version: int = 1 if row is None else row.version + 1
    values = {"version": version, "content": content, "as_of": now}
    outcode: UUID = ids.new() if row is None else row.id
    if row is None:
        new = {"council": council, "id": outcode, "outcode": content["outcode"]}
        await store.insert_outcode(session, {**values, **new})
    else:
        await store.update_outcode(session, council, outcode, values)
    event = OutcodeLocated(**content, as_of=now)
    subject = ids.show(outcode)
    await outbox.add(session, event, council=council, subject=subject, sequence=version)


async def add_snapshots(session: Session, after: Any) -> Page:
    """Tell outcodes again, for address that missed events; see ``chassis.resync``."""
    council, outcode = after or ("", UUID(int=0))
    rows = await store.lock_page(session, council, outcode, _PAGE)
    for owner, group in groupby(rows, key=lambda row: str(row.council)):
        events = [
            outbox.Event(OutcodeLocated(**row.content, as_of=row.as_of), ids.show(row.id), row.version)
            for row in group
        ]
        await outbox.add_all(session, events, council=owner, bulk=True, snapshot=True)
    return Page(len(rows), (rows[-1].council, rows[-1].id) if len(rows) == _PAGE else None)
