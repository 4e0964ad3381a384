"""Publish a load as its layer's next version, when somebody has agreed to what it changes."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.blobs.deletion import delete_later
from chassis.database import Session
from chassis.etags import Precondition
from chassis.jobs import CallContext, Job, JobHandlers, LongCallData, enqueue
from chassis.problems import Problem, conflict, not_found
from mapping.collections.actions.layers import change_layer, get_layer, lock_layer
from mapping.collections.actions.publication import Cause, Publication, publication
from mapping.collections.rules.layers import Layer, Property
from mapping.loading.actions.intake import compare
from mapping.loading.actions.reads import show
from mapping.loading.actions.staged_rows import BATCH, DatedRow, put_rows
from mapping.loading.rules.features import StagedRow
from mapping.loading.rules.generations import begins_before, name_former
from mapping.loading.rules.loads import State, list_consents
from mapping.loading.schemas import LayerLoad, LoadPublication
from mapping.loading.store import loads as store

handlers = JobHandlers()
_CHANGED = "The layer was changed after the comparison, so it was made again. Look at it, and publish again."


class PublishLoad(LongCallData):
    """Publish a load."""

    kind: ClassVar[str] = "mapping.publish_load"
    load: ids.Id


async def _lock(session: Session, council: str, name: str, load: UUID) -> Row[Any]:
    """Lock a load of a layer. Raises Problem 404."""
    layer = await get_layer(session, council, name)
    row = await store.lock_load(session, council, load)
    if row is None or row.collection != layer.id:
        raise not_found("load")
    return row


async def publish(
    session: Session,
    council: str,
    name: str,
    load: UUID,
    caller: Caller,
    precondition: Precondition,
    request: LoadPublication,
) -> LayerLoad:
    """Have a compared load published. Raises Problem 404, 409 or 412."""
    row = await _lock(session, council, name, load)
    precondition.check(row.version, "load")
    if row.state != State.COMPARED:
        raise conflict("load-not-compared", f"The load is {row.state}: only a compared one can be published.")
    missing = {
        consent: detail
        for consent, detail in list_consents(row.report, row.counts).items()
        if consent not in request.accept
    }
    if missing:
        detail = f"{' '.join(missing.values())} If that is right, send accept: {', '.join(missing)}."
        raise Problem(409, "consent-needed", detail, consents=list(missing))
    values = {
        "state": State.PUBLISHING,
        "reason": request.reason,
        "vintage": request.vintage,
        "created_by": caller.subject,
        "problem": None,
    }
    changed = await store.update_load(session, council, load, values)
    if changed is None:
        raise not_found("load")
    await enqueue(session, PublishLoad(load=load), council=council)
    return show(changed)


async def discard(session: Session, council: str, name: str, load: UUID, precondition: Precondition) -> None:
    """Discard a load that is not published. Raises Problem 404, 409 or 412."""
    row = await _lock(session, council, name, load)
    precondition.check(row.version, "load")
    if row.state not in (State.WAITING, State.COMPARED, State.REFUSED):
        raise conflict("load-not-open", f"The load is {row.state}, and cannot be discarded any more.")
    await store.update_load(session, council, load, {"state": State.DISCARDED})
    await store.clear_rows(session, council, load)
    await delete_later(session, [load], council=council)


@handlers.call(PublishLoad, tries=8, limit=1_800.0)
async def publish_load(context: CallContext, job: Job[PublishLoad]) -> None:
    """Publish a load in one transaction: whoever reads the layer sees all of it, or nothing."""
    async with context.database.writing(job.council) as session:
        row = await store.lock_load(session, job.council, job.data.load)
        if row is None or row.state != State.PUBLISHING:
            return
        layer = await lock_layer(session, row.collection)
        if layer.version != row.compared_with:
            await compare(session, row, {"code": "layer-changed", "detail": _CHANGED, "layers": []})
            return
        await _set_properties(session, layer, row)
        cause = Cause("load", row.created_by, row.reason, row.vintage or None)
        async with publication(session, layer.id, cause) as change:
            effective_from = _read_moment(row.options.get("effective_from"))
            await _put(session, change, row, effective_from)
            await _end(session, change, row, effective_from)
        await store.update_load(session, job.council, row.id, {"state": State.PUBLISHED})
        await store.clear_rows(session, job.council, row.id)


async def _set_properties(session: Session, layer: Layer, row: Row[Any]) -> None:
    """Give a layer without properties those of its first file."""
    if not layer.properties and row.properties:
        properties = [Property(**each) for each in row.properties]
        await change_layer(session, layer, row.created_by, {"properties": properties})


def _read_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


async def _put(
    session: Session, change: Publication, load: Row[Any], effective_from: datetime | None
) -> None:
    """Write what is new or other. A generation begins at its moment, and until then what was before holds."""
    after = 0
    while True:
        rows = await store.list_to_put(session, load.council, load.id, after, BATCH)
        if not rows:
            return
        standing = await store.list_standing(session, load.collection, [row.fid for row in rows])
        dated, former = [], []
        for row in rows:
            before = standing.get(row.fid)
            begin = effective_from if before is None else before.valid_from
            if before is not None and effective_from is not None and begins_before(begin, effective_from):
                former.append(_end_former(before, effective_from))
                begin = effective_from
            staged = StagedRow(row.row, row.fid, row.wkb, row.properties)
            dated.append(DatedRow(staged, (begin, None)))
        await put_rows(change, former)
        await put_rows(change, dated)
        after = rows[-1].row


def _end_former(before: Row[Any], effective_from: datetime) -> DatedRow:
    """Make the feature that holds until a generation replaces it: an id has one state, so it has its own."""
    fid = name_former(before.fid, effective_from)
    return DatedRow(StagedRow(0, fid, before.wkb, before.properties), (before.valid_from, effective_from))


async def _end(
    session: Session, change: Publication, load: Row[Any], effective_from: datetime | None
) -> None:
    """End what the file does not have: with the generation, or else by taking it off the layer."""
    after = ""
    while True:
        rows = await store.list_to_end(session, load.council, load.id, load.collection, after, BATCH)
        if not rows:
            return
        after = rows[-1].fid
        if effective_from is None:
            await change.remove([row.fid for row in rows])
            continue
        staged = [(StagedRow(0, row.fid, row.wkb, row.properties), row.valid_from) for row in rows]
        await put_rows(change, [DatedRow(row, (begin, effective_from)) for row, begin in staged])
