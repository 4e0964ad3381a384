"""The end of a property: historic for good, with what took its place. What lies within it goes too."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from address.changes.actions.change_log import RETIRED, ChangeContext, check_version, lock_exclusive, record
from address.properties.actions.checks import lock_property
from address.properties.schemas.properties import Retirement
from address.properties.store import keys as keys_store
from address.properties.store import properties, retirement
from address.shared import lifecycle
from chassis.database import Session
from chassis.problems import Problem, conflict, invalid

_MAX_LISTED = 10  # UPRNs named in a refusal


async def retire_property(
    session: Session, act: ChangeContext, uprn: int, asked: Retirement, seen: set[int]
) -> Row[Any]:
    """Retire a property whose version is among those ``seen``; answers it as ``store.own`` does.

    Raises Problem 404, 412, 400 for successors that cannot be, and 409 when it is historic already, or when
    properties stand within it that are not to go too.
    """
    await lock_exclusive(session, act.council)
    now = await lock_property(session, act.council, uprn)
    check_version(seen, now.version, "property")
    check_status(now.logical_status, lifecycle.HISTORIC)
    children = await check_children(session, act.council, uprn, too=asked.children)
    gone = [uprn, *(child.uprn for child in children)]
    successors = sorted(set(asked.successors))
    await _check_successors(session, act.council, gone, successors)
    before = {uprn: now.logical_status, **{child.uprn: child.logical_status for child in children}}
    changes: dict[int, dict[str, list[Any]]] = {
        one: {"logical_status": [status, lifecycle.HISTORIC]} for one, status in before.items()
    }
    changes[uprn]["successors"] = [[], [str(one) for one in successors]]
    await retirement.lock(session, act.council, gone)
    await set_status(session, act, gone, lifecycle.HISTORIC, asked.state)
    if successors:
        keys = await keys_store.next_keys(session, act.council, len(successors))
        named = {keys.key("S", nth): one for nth, one in enumerate(successors)}
        await retirement.insert_successors(session, act.council, uprn, named, act.today)
    await record(session, act, RETIRED, changes)
    return await properties.get_json(session, act.council, uprn)


async def set_status(
    session: Session, act: ChangeContext, uprns: Sequence[int], status: int, state: int | None = None
) -> None:
    """Pass properties to a logical status with all their addresses; the caller has locked them."""
    await retirement.set_status(session, act.council, uprns, status, act.today, state)
    await retirement.set_address_statuses(
        session, act.council, uprns, lifecycle.address_statuses_after(status), act.today
    )


def check_status(now: int, then: int) -> None:
    """Raises Problem 409 when a property cannot pass from one logical status to the other."""
    if now == then == lifecycle.HISTORIC or not lifecycle.can_become(now, then):
        detail = f"Logical status {now} cannot become {then}: a retired UPRN is never used again."
        raise conflict("status-not-possible", detail)


async def check_children(session: Session, council: str, uprn: int, *, too: bool) -> Sequence[Row[Any]]:
    """The properties that stand within one. Raises Problem 409 when there are some and they do not go too."""
    children = await retirement.list_children(session, council, uprn, lifecycle.MAX_DEPTH)
    if children and not too:
        shown = ", ".join(str(child.uprn) for child in children[:_MAX_LISTED])
        detail = (
            f"{len(children)} properties stand within property {uprn}: {shown}. Retire them first, give them"
            f" another parent, or POST /retire with children true to retire all at once."
        )
        raise conflict("has-live-children", detail)
    return children


async def _check_successors(
    session: Session, council: str, gone: Sequence[int], successors: Sequence[int]
) -> None:
    """Raises Problem 400 unless all successors stand and stay."""
    known = await retirement.lock(session, council, successors)
    for one in successors:
        if one in gone:
            raise _invalid_successor(one, "is retired by this very request")
        if one not in known:
            raise _invalid_successor(one, "is not in the gazetteer")
        if known[one] not in lifecycle.LIVE:
            raise _invalid_successor(one, "is historic itself: name what took its place")


def _invalid_successor(uprn: int, message: str) -> Problem:
    return invalid("body.successors", f"{uprn} {message}")
