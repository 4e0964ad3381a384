"""Act on many cases at once: each for itself, so that one that is refused stops no other."""

from casework.caseload.schemas import BulkAct, BulkItem, BulkOutcome, BulkResult
from casework.cases.actions import cases
from casework.model.rules.acts import Act
from chassis.auth import Caller
from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import Problem


async def act_on_cases(session: Session, council: str, caller: Caller, body: BulkAct, act: Act) -> BulkResult:
    """Act on cases in one transaction, with a savepoint for each; answer in the order of the request.

    They are locked in the order of their ids, so that two such requests do not wait for each other for ever.
    """
    outcomes: dict[int, BulkOutcome] = {}
    order = sorted(range(len(body.cases)), key=lambda index: body.cases[index].id)
    for index in order:
        item = body.cases[index]
        try:
            async with session.connection.begin_nested():
                version = await _act(session, council, caller, item, act)
            outcomes[index] = BulkOutcome(id=item.id, done=True, version=version)
        except Problem as problem:
            outcomes[index] = BulkOutcome(
                id=item.id, done=False, status=problem.status_code, problem=problem.body("")
            )
    return BulkResult(items=[outcomes[index] for index in range(len(body.cases))])


async def _act(session: Session, council: str, caller: Caller, item: BulkItem, act: Act) -> int:
    precondition = Precondition(frozenset({item.version}))
    return await cases.act_on_case(session, council, caller, item.id, precondition, act)
