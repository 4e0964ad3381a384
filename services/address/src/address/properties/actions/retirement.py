"""Retire properties for good, with what takes their place and what lies within them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from address.changes.actions.change_log import RETIRED, ChangeContext, lock_exclusive, record
from address.properties.actions.checks import lock_property
from address.properties.schemas.properties import Retirement
from address.properties.store import keys as keys_store
from address.properties.store import properties, retirement
from address.shared import lifecycle
from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict, invalid

_MAX_LISTED = 10  # UPRNs named in a refusal


async def retire_property(
    session: Session, context: ChangeContext, uprn: int, request: Retirement, precondition: Precondition
) -> Row[Any]:
    """Retire a property for which the precondition holds. Return it as ``store.properties.get_json``.

    Raises Problem 404, 412, 400 for impossible successors, and 409 when it is historic already or when
    properties that are to stay lie within it.
    """
    await lock_exclusive(session, context.council)
    locked = await lock_property(session, context.council, uprn)
    precondition.check(locked.version, "property")
    check_status(locked.logical_status, lifecycle.HISTORIC)
    children = await check_children(session, context.council, uprn, retire_too=request.children)
    retired = [uprn, *(child.uprn for child in children)]
    successors = sorted(set(request.successors))
    await _check_successors(session, context.council, retired, successors)
    before = {uprn: locked.logical_status, **{child.uprn: child.logical_status for child in children}}
    changes: dict[int, dict[str, list[Any]]] = {
        linked_uprn: {"logical_status": [status, lifecycle.HISTORIC]}
        for linked_uprn, status in before.items()
    }
    changes[uprn]["successors"] = [[], [str(linked_uprn) for linked_uprn in successors]]
    await retirement.lock(session, context.council, retired)
    await set_status(session, context, retired, lifecycle.HISTORIC, request.state)
    if successors:
        keys = await keys_store.next_keys(session, context.council, len(successors))
        by_key = {keys.key("S", nth): linked_uprn for nth, linked_uprn in enumerate(successors)}
        await retirement.insert_successors(session, context.council, uprn, by_key, context.today)
    await record(session, context, RETIRED, changes)
    return await properties.get_json(session, context.council, uprn)


async def set_status(
    session: Session, context: ChangeContext, uprns: Sequence[int], status: int, state: int | None = None
) -> None:
    """Set the logical status of properties and their addresses. The caller has locked them."""
    await retirement.set_status(session, context.council, uprns, status, context.today, state)
    await retirement.set_address_statuses(
        session, context.council, uprns, lifecycle.address_statuses_after(status), context.today
    )


def check_status(before: int, after: int) -> None:
    """Raise Problem 409 unless a property can pass from one logical status to the other."""
    if before == after == lifecycle.HISTORIC or not lifecycle.can_become(before, after):
        detail = f"Logical status {before} cannot become {after}: a retired UPRN is never used again."
        raise conflict("status-not-possible", detail)


async def check_children(
    session: Session, council: str, uprn: int, *, retire_too: bool
) -> Sequence[Row[Any]]:
    """List the properties within one. Raise Problem 409 when there are some and ``retire_too`` is false."""
    children = await retirement.list_children(session, council, uprn, lifecycle.MAX_DEPTH)
    if children and not retire_too:
        listed = ", ".join(str(child.uprn) for child in children[:_MAX_LISTED])
        detail = (
            f"{len(children)} properties stand within property {uprn}: {listed}. Retire them first, give them"
            f" another parent, or POST /retire with children true to retire all at once."
        )
        raise conflict("has-live-children", detail)
    return children


async def _check_successors(
    session: Session, council: str, retired: Sequence[int], successors: Sequence[int]
) -> None:
    """Raise Problem 400 unless every successor is live and stays so."""
    statuses = await retirement.lock(session, council, successors)
    for successor in successors:
        if successor in retired:
            raise _invalid_successor(successor, "is retired by this very request")
        if successor not in statuses:
            raise _invalid_successor(successor, "is not in the gazetteer")
        if statuses[successor] not in lifecycle.LIVE:
            raise _invalid_successor(successor, "is historic itself: name what took its place")


def _invalid_successor(uprn: int, message: str) -> Problem:
    return invalid("body.successors", f"{uprn} {message}")
