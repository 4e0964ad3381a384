"""Which layers a council searches for constraints, in versions."""

from dataclasses import asdict
from uuid import UUID

from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import FieldError, Problem, conflict
from mapping.constraints import store
from mapping.constraints.rules import SearchedLayer
from mapping.constraints.schemas import LayerList, LayerListView, ListedLayer
from mapping.snapshots.actions import Snapshots


async def get_list(session: ReadSession, snapshots: Snapshots, council: str) -> LayerListView:
    """Get the layers that a council searches; all its zones, until it writes a list."""
    version, searched = await read_list(session, snapshots, council)
    listed = []
    for each in searched:
        layer = snapshots.layer_by_id(UUID(each.layer))
        if layer is not None:
            listed.append(ListedLayer(layer=layer.name, question=each.question, within_m=each.within))
    return LayerListView(version=version, layers=listed)


async def read_list(
    session: ReadSession, snapshots: Snapshots, council: str
) -> tuple[int, list[SearchedLayer]]:
    """Read the latest version of a council's list, and what it has; version 0 is all zones."""
    row = await store.get_setting(session, council)
    if row is not None:
        return row.version, [SearchedLayer(**each) for each in row.layers]
    zones = [layer for layer in snapshots.layers(council) if layer.kind == "zones"]
    return 0, [SearchedLayer(layer.id.hex, layer.title, 0.0) for layer in zones]


async def set_list(
    session: Session,
    snapshots: Snapshots,
    council: str,
    caller: Caller,
    precondition: Precondition,
    body: LayerList,
) -> LayerListView:
    """Write a council's list: a new version of it. Raises Problem 400, 409, 412."""
    version, _ = await read_list(session, snapshots, council)
    precondition.check(version, "list of layers")
    searched = []
    for index, each in enumerate(body.layers):
        layer = snapshots.layer(council, each.layer)
        if layer is None:
            wrong = FieldError(
                field=f"body.layers.{index}.layer", message="There is no such layer here.", code="unknown"
            )
            raise Problem(400, "invalid-request", "A layer is not known; see errors.", errors=[wrong])
        searched.append(SearchedLayer(layer.id.hex, each.question, each.within_m))
    values = {
        "version": version + 1,
        "layers": [asdict(each) for each in searched],
        "actor": caller.subject,
        "created_at": clock.now(),
    }
    if not await store.add_setting(session, council, values):
        raise conflict("list-changed", "Somebody else wrote the list meanwhile. Read it and try again.")
    return LayerListView(version=version + 1, layers=body.layers)
