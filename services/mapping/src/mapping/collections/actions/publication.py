"""The one writer of features: every change of a layer is a version of it, with a cause, a reason and counts.

    async with publication(session, layer.id, Cause("load", actor, reason)) as change:
        await change.put(states)
        await change.remove(fids)

The layer is locked from the first line to the end of the transaction, so that versions follow one another.
"""

import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from uuid import UUID

from chassis import clock, ids, outbox
from chassis.database import Session
from mapping.collections.actions.layers import lock_layer
from mapping.collections.rules.layers import Extent, Layer, Validity, unite, unite_validity
from mapping.collections.rules.states import FeatureState
from mapping.collections.store import features as store
from mapping.collections.store import layers
from mapping.collections.tables import STILL
from mapping.events import (
    CollectionPublished,
    FeatureChanged,
    FeatureCreated,
    FeatureDeleted,
    FeatureEvent,
)

_WRITE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_EVENTS = {"created": FeatureCreated, "changed": FeatureChanged, "deleted": FeatureDeleted}


class Cause(NamedTuple):
    """Why a layer changes: ``actor`` is a subject, ``vintage`` the layer's new one, None as it was."""

    kind: Literal["load", "edit", "restore"]
    actor: str
    reason: str
    vintage: str | None = None


class _LatestState(NamedTuple):
    number: int
    version: int
    is_current: bool
    etag: str
    place: bytes | None


@dataclass
class Publication:
    """A change of a locked layer that becomes its version ``version``."""

    session: Session
    layer: Layer
    cause: Cause
    counts: Counter[str] = field(default_factory=Counter)
    events: list[tuple[int, FeatureEvent]] = field(default_factory=list)
    spans: list[Validity] = field(default_factory=list)

    @property
    def version(self) -> int:
        """Return the version that the layer has after it."""
        return self.layer.version + 1

    async def put(self, states: Sequence[FeatureState]) -> list[int]:
        """Write features, new ones or in place of those of their ids; those that are equal stay.

        Returns their numbers, in their order. Give no id twice. Some thousand at once.
        """
        latest = await self._read_latest([state.fid for state in states])
        new = [state.fid for state in states if state.fid not in latest]
        drawn = await store.draw_numbers(self.session, len(new))
        numbers = {fid: row.number for fid, row in latest.items()}
        numbers |= dict(zip(new, drawn, strict=True))
        changed = [state for state in states if not _is_same(latest.get(state.fid), state)]
        ended = [numbers[state.fid] for state in changed if _is_current(latest.get(state.fid))]
        if ended:
            await store.end_states(self.session, self.layer.id, ended, self.version)
        if changed:
            await self._insert(changed, [numbers[state.fid] for state in changed], STILL)
        self.spans += [Validity(state.valid_from, state.valid_to) for state in changed]
        for state in changed:
            self._count(latest.get(state.fid), state, numbers[state.fid])
        return [numbers[state.fid] for state in states]

    async def remove(self, fids: Sequence[str]) -> int:
        """Take features off the layer; return how many were on it."""
        latest = await self._read_latest(fids)
        current = {fid: row for fid, row in latest.items() if row.is_current}
        if not current:
            return 0
        numbers = [row.number for row in current.values()]
        await store.end_states(self.session, self.layer.id, numbers, self.version)
        graves = [FeatureState(fid, None, None, {}, "null", "", None, None, "") for fid in current]
        await self._insert(graves, numbers, self.version)
        self.counts["deleted"] += len(current)
        for fid, row in current.items():
            self._note("deleted", row, fid, row.number, None)
        return len(current)

    async def restore(self, version: int) -> None:
        """Make the layer as it was at a version; nothing of what came between is lost."""
        row = await store.restore(self.session, self.layer.id, version, self._common())
        self.counts.update(added=row.added, changed=row.changed, moved=row.moved, deleted=row.deleted)

    async def _read_latest(self, fids: Sequence[str]) -> dict[str, _LatestState]:
        rows = await store.list_latest(self.session, self.layer.id, fids)
        return {
            row.fid: _LatestState(row.number, row.version, row.ended == STILL, row.etag, row.place)
            for row in rows
        }

    def _common(self) -> dict[str, Any]:
        return {
            "council": self.layer.council,
            "collection": self.layer.id,
            "version": self.version,
            "actor": self.cause.actor,
            "reason": self.cause.reason,
            "created_at": clock.now(),
        }

    async def _insert(self, states: Sequence[FeatureState], numbers: Sequence[int], ended: int) -> None:
        rows: dict[str, list[Any]] = {
            "number": list(numbers),
            "bbox": [_show_box(state.bbox) for state in states],
            "properties": [_WRITE(state.properties) for state in states],
        }
        for name in ("fid", "wkb", "geojson", "geojson_storage", "valid_from", "valid_to", "etag"):
            rows[name] = [getattr(state, name) for state in states]
        await store.insert_states(self.session, {**self._common(), "ended": ended}, rows)

    def _count(self, before: _LatestState | None, state: FeatureState, number: int) -> None:
        if before is None or not before.is_current:
            self.counts["added"] += 1
            self._note("created", None, state.fid, number, state.bbox)
            return
        place = None if state.wkb is None else hashlib.sha256(state.wkb).digest()
        self.counts["changed"] += 1
        self.counts["moved"] += place != before.place
        self._note("changed", before, state.fid, number, state.bbox)

    def _note(
        self, kind: str, before: _LatestState | None, fid: str, number: int, bbox: Extent | None
    ) -> None:
        if self.cause.kind != "edit":  # a load is one event with counts
            return
        event = _EVENTS[kind](
            layer=self.layer.name,
            collection=self.layer.id,
            feature=fid,
            former_version=None if before is None else before.version,
            bbox=None if bbox is None else list(bbox),
        )
        self.events.append((number, event))

    async def finish(self) -> None:
        """Write the version, then the layer's row, then the events."""
        cause, now = self.cause, clock.now()
        vintage = self.layer.vintage if cause.vintage is None else cause.vintage
        counts = {name: self.counts[name] for name in ("added", "changed", "moved", "deleted")}
        values = {**self._common(), **counts, "cause": cause.kind, "vintage": vintage}
        await layers.insert_version(self.session, values)
        columns = {
            **await self._measure(),
            "version": self.version,
            "vintage": vintage,
            "status": self.layer.status if cause.kind == "edit" else "published",
            "updated_by": cause.actor,
            "changed_at": now,
        }
        await layers.update_layer(self.session, self.layer.id, columns)
        for number, event in self.events:
            await self._add(event, str(number))
        if not self.events:
            published = CollectionPublished(
                layer=self.layer.name, collection=self.layer.id, cause=cause.kind, vintage=vintage, **counts
            )
            await self._add(published, ids.show(self.layer.id))

    async def _measure(self) -> dict[str, Any]:
        """Count the features and find their extent: anew after a load, else by what was added."""
        if self.cause.kind != "edit":
            return await layers.measure(self.session, self.layer.id)
        boxes = [Extent(*event.bbox) for _, event in self.events if event.bbox]
        extents = boxes if self.layer.extent is None else [self.layer.extent, *boxes]
        count = self.layer.feature_count + self.counts["added"] - self.counts["deleted"]
        former = (
            [Validity(self.layer.valid_since, self.layer.valid_until)] if self.layer.feature_count else []
        )
        validity = unite_validity([*former, *self.spans])
        return {
            "feature_count": count,
            "extent": list(unite(extents)) if extents else None,
            "valid_since": validity.since,
            "valid_until": validity.until,
        }

    async def _add(self, event: CollectionPublished | FeatureEvent, subject: str) -> None:
        await outbox.add(
            self.session, event, council=self.layer.council, subject=subject, sequence=self.version
        )


@asynccontextmanager
async def publication(session: Session, layer: UUID, cause: Cause) -> AsyncIterator[Publication]:
    """Change a layer's features: its next version, written at the end of the block. Raises Problem 404."""
    change = Publication(session, await lock_layer(session, layer), cause)
    yield change
    await change.finish()


def _is_current(latest: _LatestState | None) -> bool:
    return latest is not None and latest.is_current


def _is_same(latest: _LatestState | None, state: FeatureState) -> bool:
    return latest is not None and latest.is_current and latest.etag == state.etag


def _show_box(extent: Extent | None) -> str | None:
    if extent is None:
        return None
    return f"({extent.east!r},{extent.north!r}),({extent.west!r},{extent.south!r})"
