"""Data sets of planning.data.gov.uk: made of layers, and checked by its rules."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from shapely.geometry.base import BaseGeometry

from chassis import clock
from chassis.database import ReadSession
from chassis.problems import Problem
from chassis.spreadsheets import write_cell
from mapping.collections.actions import features, layers
from mapping.collections.actions.features import Feature
from mapping.collections.rules.layers import Layer
from mapping.collections.tables import STILL
from mapping.exports.rules.checks import Issue, check_rows
from mapping.exports.rules.datasets import DATASETS, Dataset
from mapping.exports.rules.rows import Record, Row, make_row
from mapping.shared.coordinates import Crs, transform

MOST_ROWS = 50_000
_PAGE = 2_000
_MOST_VERSIONS = 10_000


@dataclass(frozen=True, slots=True)
class CheckedDataset:
    """A data set's rows with the issues that its rules find in them."""

    dataset: Dataset
    layer: Layer
    rows: Sequence[Row]
    issues: Sequence[Issue]

    @property
    def errors(self) -> int:
        """Count what is to be mended before it is published."""
        return sum(issue.severity == "error" for issue in self.issues)


async def check_dataset(session: ReadSession, council: str, name: str) -> CheckedDataset:
    """Make a data set of its layer, and check it. Raises Problem 404, 400."""
    dataset = DATASETS[name]
    layer = await _get_layer(session, council, dataset)
    records = [record async for record in _read_records(session, layer)]
    parents = {
        parent: await _list_references(session, council, DATASETS[parent])
        for parent in dataset.parents.values()
    }
    rows = [make_row(dataset, record) for record in records]
    today = clock.now().date()
    issues = await asyncio.to_thread(check_rows, dataset, rows, parents, today)
    return CheckedDataset(dataset, layer, rows, issues)


async def _get_layer(session: ReadSession, council: str, dataset: Dataset) -> Layer:
    layer = await layers.find_layer(session, council, dataset.layer)
    if layer is None or layer.status != "published" or not layer.visible_to("public"):
        detail = f"This council has no public layer named {dataset.layer}, which {dataset.name} is made of."
        raise Problem(404, "no-such-dataset", f"{detail} Create and publish one.")
    if layer.feature_count > MOST_ROWS:
        raise _too_large(layer)
    return layer


async def _list_references(session: ReadSession, council: str, dataset: Dataset) -> frozenset[str]:
    layer = await layers.find_layer(session, council, dataset.layer)
    if layer is None:
        return frozenset()
    return frozenset([_find_reference(layer, feature) async for feature in _read_features(session, layer)])


async def _read_features(session: ReadSession, layer: Layer) -> AsyncIterator[Feature]:
    """Read the features of a layer, then those that were taken off it, as they last were.

    Nothing leaves a national data set: what is no more has its end-date there. Raises Problem 400.
    """
    count = 0
    for list_page in (features.list_at, features.list_ended_at):
        after = 0
        while page := await list_page(session, layer.id, layer.version, after, _PAGE):
            for feature in page:
                yield feature
            after, count = page[-1].number, count + len(page)
            if count > MOST_ROWS:
                raise _too_large(layer)


def _too_large(layer: Layer) -> Problem:
    detail = f"{layer.title} has more than {MOST_ROWS:,} features, with those that were taken off it."
    return Problem(400, "layer-too-large", detail)


async def _read_records(session: ReadSession, layer: Layer) -> AsyncIterator[Record]:
    """Read the features with their shapes in degrees, and when each last changed: by its version."""
    versions = await layers.list_versions(session, layer.id, STILL, _MOST_VERSIONS)
    times = {row.version: row.created_at for row in versions}
    public = {each.name for each in layer.visible_properties("public")}
    everything = await _list_features(session, layer)
    shapes = await asyncio.to_thread(_to_degrees, everything, layer.storage_crs)
    for feature, shape in zip(everything, shapes, strict=True):
        properties = {name: value for name, value in feature.properties.items() if name in public}
        has_ended = feature.ended <= layer.version
        changed_at: datetime = times.get(feature.ended if has_ended else feature.version, layer.changed_at)
        end = feature.valid_to or (changed_at if has_ended else None)
        reference = _find_reference(layer, feature)
        yield Record(reference, properties, shape, changed_at, feature.valid_from, end)


async def _list_features(session: ReadSession, layer: Layer) -> list[Feature]:
    """List the features, and the last of each reference that is not there any more under any id."""
    present: list[Feature] = []
    former: dict[str, Feature] = {}
    async for feature in _read_features(session, layer):
        reference = _find_reference(layer, feature)
        if feature.ended > layer.version:
            present.append(feature)
        elif reference not in former or former[reference].ended < feature.ended:
            former[reference] = feature
    references = {_find_reference(layer, feature) for feature in present}
    return present + [feature for reference, feature in former.items() if reference not in references]


def _find_reference(layer: Layer, feature: Feature) -> str:
    """Find what the council calls a feature: its key, of which its id may be another writing."""
    return str(feature.properties.get(layer.key_property) or feature.fid)


def _to_degrees(everything: Sequence[Feature], source: Crs) -> Sequence[BaseGeometry | None]:
    if not everything:
        return []
    shapes = np.array([feature.geometry for feature in everything], dtype=object)
    converted: list[BaseGeometry | None] = transform(shapes, source, Crs.CRS84).tolist()
    return converted


def write_csv(checked: CheckedDataset) -> bytes:
    """Write a data set's CSV: its columns in their order, UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(checked.dataset.columns)
    for row in checked.rows:
        writer.writerow([write_cell(row[column]) for column in checked.dataset.columns])
    return out.getvalue().encode()
