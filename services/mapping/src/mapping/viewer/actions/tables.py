"""The table of a layer's features: filtered and sorted in memory, or from PostgreSQL as it stands there."""

import asyncio
from collections.abc import Sequence

from chassis import clock
from chassis.database import Database
from mapping.collections.actions import features
from mapping.collections.rules.layers import Layer, Property
from mapping.snapshots.actions import Snapshots, TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot
from mapping.viewer.rules.rows import TablePage, TableQuery, TableRow, cut_page, make_key

PAGE = 50  # rows


def list_columns(layer: Layer) -> Sequence[Property]:
    """List the properties that everybody may see, the label first."""
    visible = layer.visible_properties("public")
    return sorted(visible, key=lambda each: each.name != layer.label_property)


async def read_table(database: Database, snapshots: Snapshots, layer: Layer, query: TableQuery) -> TablePage:
    """Read a page of a layer's table.

    A layer too large for memory is neither filtered nor sorted: ``total`` is None then.
    """
    try:
        snapshot = await snapshots.get(layer)
    except TooLargeError:
        return await _read_stored(database, layer, query)
    columns = list_columns(layer)
    return await asyncio.to_thread(lambda: cut_page(list_rows(snapshot), query, columns, PAGE))


def list_rows(snapshot: Snapshot) -> list[TableRow]:
    """List the features of a layer that hold now, some 2 microseconds each: call it in a thread."""
    current = snapshot.is_current(int(clock.now().timestamp() * 1_000_000))
    places = [place for place in snapshot.order.tolist() if current[place]]
    return [
        TableRow(int(snapshot.numbers[place]), snapshot.fids[place], snapshot.properties(place))
        for place in places
    ]


async def _read_stored(database: Database, layer: Layer, query: TableQuery) -> TablePage:
    after = query.after[3] if query.after else 0
    async with database.reading(layer.council) as session:
        page = await features.list_after(session, layer.id, after, PAGE + 1)
    rows = [TableRow(each.number, each.fid, dict(each.properties)) for each in page[:PAGE]]
    return TablePage(rows, make_key(rows[-1], "") if len(page) > PAGE else None, None)
