"""Change many cases at once: each for itself, so that one that is refused stops no other."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from casework.caseload.schemas import BulkItem, BulkOutcome, BulkResult
from casework.cases.actions import cases
from casework.model.rules.acts import Act
from chassis.auth import Caller
from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import Problem

Change = Callable[[BulkItem], Awaitable[int]]
"""Changes one case, and returns its version."""


async def act_on_cases(
    session: Session, council: str, caller: Caller, items: Sequence[BulkItem], act: Act
) -> BulkResult:
    """Act on cases; answer in the order of the request."""
    return await _change_each(session, items, partial(_act, session, council, caller, act))


async def _act(session: Session, council: str, caller: Caller, act: Act, item: BulkItem) -> int:
    return await cases.act_on_case(session, council, caller, item.id, _require_version(item), act)


async def assign_cases(
    session: Session, council: str, caller: Caller, items: Sequence[BulkItem], values: Mapping[str, Any]
) -> BulkResult:
    """Give cases to a team or a person; answer in the order of the request."""
    return await _change_each(session, items, partial(_assign, session, council, caller, values))


async def _assign(
    session: Session, council: str, caller: Caller, values: Mapping[str, Any], item: BulkItem
) -> int:
    await cases.assign_case(session, council, caller, item.id, _require_version(item), values)
    return item.version + 1


def _require_version(item: BulkItem) -> Precondition:
    return Precondition(frozenset({item.version}))


async def _change_each(session: Session, items: Sequence[BulkItem], change: Change) -> BulkResult:
    """Change cases in one transaction, with a savepoint for each.

    They are locked in the order of their ids, so that two such requests do not wait for each other for ever.
    """
    outcomes: dict[int, BulkOutcome] = {}
    for index in sorted(range(len(items)), key=lambda index: items[index].id):
        item = items[index]
        try:
            async with session.connection.begin_nested():
                version = await change(item)
            outcomes[index] = BulkOutcome(id=item.id, done=True, version=version)
        except Problem as problem:
            outcomes[index] = BulkOutcome(
                id=item.id, done=False, status=problem.status_code, problem=problem.body("")
            )
    return BulkResult(items=[outcomes[index] for index in range(len(items))])
