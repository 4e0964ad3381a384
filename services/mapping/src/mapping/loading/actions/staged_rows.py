"""Write staged rows into a layer as its next version."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely

from mapping.collections.actions.publication import Publication
from mapping.collections.rules.layers import Layer
from mapping.collections.rules.states import FeatureState, NewFeature, make_states
from mapping.loading.rules.features import StagedRow

BATCH = 2_000
"""Rows that are written at once."""
Validity = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A row with the time in which its feature is valid."""

    row: StagedRow
    validity: Validity


async def put_rows(change: Publication, rows: Sequence[DatedRow]) -> None:
    """Write rows as features."""
    for start in range(0, len(rows), BATCH):
        states = await asyncio.to_thread(_make_states, change.layer, rows[start : start + BATCH])
        await change.put(states)


def _make_states(layer: Layer, rows: Sequence[DatedRow]) -> list[FeatureState]:
    wkb = np.array([each.row.wkb for each in rows], dtype=object)
    geometries = shapely.from_wkb(wkb).tolist()
    return make_states(
        layer,
        [
            NewFeature(each.row.fid, geometry, each.row.properties, *each.validity)
            for each, geometry in zip(rows, geometries, strict=True)
        ],
    )
