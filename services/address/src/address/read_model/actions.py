"""Write the read model again for properties whose own rows have changed, in the same transaction."""

from collections.abc import Sequence

from address.read_model.store import read_model
from address.shared import codelists
from chassis.database import Session


async def rewrite(session: Session, council: str, uprns: Sequence[int]) -> None:
    """Write the places of these properties again, and drop the search groups that nothing is in any more."""
    params = {"council": council, "uprns": list(uprns)}
    old_groups = await session.all(read_model.FORGET_ONE, params)
    await session.execute(read_model.MAKE_ONE, {**params, "names": codelists.classifications_json()})
    await session.execute(read_model.GROUP_ONE, params)
    if old_groups:
        groups = [row.group_id for row in old_groups]
        await session.execute(read_model.DROP_GROUPS, {"council": council, "groups": groups})


async def rewrite_loaded(session: Session, council: str, *, fresh: bool) -> None:
    """Write the places of all properties that a load touched; ``fresh`` when the gazetteer was empty."""
    params = {"council": council}
    with_names = {**params, "names": codelists.classifications_json()}
    if fresh:
        await session.execute(read_model.MAKE_FRESH, with_names)
        await session.execute(read_model.GROUP_FRESH, params)
        return
    old_groups = await session.all(read_model.FORGET_LOADED, params)
    await session.execute(read_model.MAKE_LOADED, with_names)
    await session.execute(read_model.GROUP_LOADED, params)
    if old_groups:
        groups = [row.group_id for row in old_groups]
        await session.execute(read_model.DROP_GROUPS, {**params, "groups": groups})
