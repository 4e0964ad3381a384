"""Loads as people see them."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import Database, ReadSession
from chassis.problems import not_found
from chassis.spreadsheets import write_cell
from mapping.collections.actions.layers import get_layer
from mapping.collections.rules.layers import Layer
from mapping.loading.rules.loads import State, list_consents
from mapping.loading.schemas import LayerLoad, LoadConsent, LoadCounts, LoadNote, LoadProblem, LoadRow
from mapping.loading.store import loads as store

_BATCH = 2_000
LAST = UUID(int=2**128 - 1)
"""Before which all loads are."""


async def find_load(session: ReadSession, council: str, name: str, load: UUID) -> tuple[Layer, Row[Any]]:
    """Find a load of a council's layer. Raises Problem 404."""
    layer = await get_layer(session, council, name)
    row = await store.get_load(session, council, load)
    if row is None or row.collection != layer.id or row.state == State.RECEIVING:
        raise not_found("load")
    return layer, row


async def list_loads(
    session: ReadSession, council: str, name: str, before: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a layer's loads, latest first. Raises Problem 404."""
    layer = await get_layer(session, council, name)
    return await store.list_loads(session, council, layer.id, before or LAST, fetch)


def show(row: Row[Any]) -> LayerLoad:
    """Show a load."""
    report = row.report or {}
    problem = row.problem
    consents = list_consents(report, row.counts) if row.state == State.COMPARED else {}
    return LayerLoad(
        **{name: getattr(row, name) for name in _COPIED},
        file_format=report.get("format"),
        crs=report.get("crs"),
        repaired=report.get("repaired"),
        without_place=report.get("without_place"),
        notes=[LoadNote(**note) for note in report.get("notes", [])],
        samples=report.get("samples", []),
        counts=None if row.counts is None else LoadCounts(**row.counts),
        consents=[LoadConsent(accept=name, detail=detail) for name, detail in consents.items()],
        problem=None if problem is None else LoadProblem(**problem),
        effective_from=row.options.get("effective_from"),
    )


_COPIED = (
    "id",
    "state",
    "file_name",
    "size",
    "rows_read",
    "rows_total",
    "created_by",
    "created_at",
    "version",
)


def show_row(row: Row[Any]) -> LoadRow:
    """Show a row of a load."""
    return LoadRow(row=row.row, feature=row.fid, change=row.change, code=row.code, detail=row.detail)


def locate(council: str, layer: str, load: UUID) -> str:
    """Locate a load."""
    return f"/{council}/mapping/v1/layers/{layer}/loads/{ids.show(load)}"


async def list_rows(
    session: ReadSession, council: str, load: UUID, change: str, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List rows of a load that have one change."""
    return await store.list_rows(session, council, load, change, after, fetch)


async def list_missing(
    session: ReadSession, council: str, load: Row[Any], after: str, fetch: int
) -> Sequence[str]:
    """List the ids that stand in the layer and are not in the file."""
    return await store.list_missing(session, council, load.id, load.collection, after, fetch)


async def write_problems(database: Database, council: str, load: UUID) -> AsyncIterator[bytes]:
    """Write the refused rows as a table, a batch at a time: no formula in it runs."""
    yield "\ufeffrow,id,code,reason,values\r\n".encode()
    after = 0
    while True:
        async with database.reading(council) as session:
            rows = await store.list_rows(session, council, load, "refused", after, _BATCH)
        if not rows:
            return
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        for row in rows:
            values = "; ".join(f"{name}={value}" for name, value in json.loads(row.properties).items())
            writer.writerow(map(write_cell, (row.row, row.fid, row.code, row.detail, values)))
        yield out.getvalue().encode()
        after = rows[-1].row
