"""The pages of layers: which there are, and one with its table, its downloads and its map."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis.problems import document_problems
from chassis.types import Slug
from mapping.collections.rules.layers import Layer, find_extent
from mapping.snapshots.actions import TheSnapshots
from mapping.viewer.actions import tables
from mapping.viewer.routes.access import (
    PAGES,
    Anybody,
    LayerName,
    find_public,
    list_public,
    refuse,
    render,
)
from mapping.viewer.rules.rows import Key, TableQuery, read_key, write_key
from mapping.viewer.rules.symbols import Symbol, make_symbols

router = APIRouter(prefix=f"{PAGES}/layers", tags=["map pages"], default_response_class=HTMLResponse)
_PROBLEMS = document_problems(404)
Text = Annotated[str, Query(max_length=100, description="Words that a row must have")]
SortName = Annotated[str, Query(max_length=60, description="The property to sort by")]
Cursor = Annotated[str, Query(max_length=400, description="Where the page begins: from the link to it")]
Order = Annotated[Literal["up", "down"], Query(description="The order of the sorted rows")]


@router.get("")
async def show_layers(_: Anybody, request: Request, council: Slug, snapshots: TheSnapshots) -> Response:
    """Show the layers of a council."""
    return render(request, council, "layers.html", layers=list_public(snapshots, council))


@router.get("/{name}", responses=_PROBLEMS)
async def show_layer(
    _: Anybody,
    request: Request,
    council: Slug,
    name: LayerName,
    snapshots: TheSnapshots,
    q: Text = "",
    sort: SortName = "",
    order: Order = "up",
    after: Cursor = "",
) -> Response:
    """Show a layer: what it is, its features as a table, its downloads and its map."""
    layer = find_public(snapshots, council, name)
    columns = tables.list_columns(layer)
    if sort and sort not in {each.name for each in columns}:
        raise refuse("sort", "must be a property of the layer")
    query = TableQuery(q, sort, order == "down", _read_after(after))
    page = await tables.read_table(request.app.state.database, snapshots, layer, query)
    return render(
        request,
        council,
        "layer.html",
        has_map=True,
        layer=layer,
        symbol=_find_symbol(snapshots, council, layer),
        columns=columns,
        page=page,
        query=query,
        q=q,
        order=order,
        extent=layer.extent or find_extent([]),
        next_page=write_key(page.after) if page.after else "",
    )


def _find_symbol(snapshots: TheSnapshots, council: str, layer: Layer) -> Symbol:
    """Find the symbol that the layer has on every map of the council."""
    return make_symbols(list_public(snapshots, council))[layer.name]


def _read_after(after: str) -> Key | None:
    try:
        return read_key(after) if after else None
    except ValueError as error:
        raise refuse("after", str(error)) from error
