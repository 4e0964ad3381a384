"""Operations that call outside in the middle of a request, and that any process finishes after a crash.

The call is a kind of job (``JobHandlers.call``) whose payload is ``OperationData``. ``begin`` enqueues it in
the transaction that records what is to be done, armed for later. ``run`` makes the same call here and now,
with the same idempotency key, and takes the job off with its result. If this process dies, or the call
fails, the job is still there, and the worker does the rest.

It may happen that both call: a process that stood still goes on after the worker has begun. The server
outside knows the second call by its key. The handler's ``Finish`` runs twice then: it reads the state under
the row's lock, and does nothing when the first has written the result.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from chassis import clock
from chassis.database import Session
from chassis.jobs import CallContext, Job, JobHandlers, OperationData, cancel, enqueue

SECONDS = 20.0
"""How long the process that began an operation has for it, before a worker takes it on."""


class OverdueError(TimeoutError):
    """The call took as long as this process had. The worker makes it again, with the same key."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that was begun. From ``due_at`` on it is the worker's."""

    data: OperationData
    council: str
    due_at: datetime


async def begin(
    session: Session, data: OperationData, *, council: str, seconds: float = SECONDS
) -> Operation:
    """Enqueue the operation with this transaction. Commit it, then ``run`` within ``seconds``."""
    due_at = clock.now() + timedelta(seconds=seconds)
    await enqueue(session, data, council=council, due_at=due_at, key=data.operation)
    return Operation(data, council, due_at)


async def run(context: CallContext, handlers: JobHandlers, operation: Operation) -> None:
    """Make the operation's call and write its result. Hold no session open meanwhile.

    Raises what the handler raises, and OverdueError: the operation is not done then, as far as this process
    knows, and the worker tries again. Tell the caller so.
    """
    data, council = operation.data, operation.council
    handler = handlers.by_kind[data.kind]
    if handler.call is None:
        raise TypeError(f"{data.kind} is no call")
    job = Job(0, council, data, failures=0, created_at=clock.now())
    async with _limited(operation, handler.limit):
        finish = await handler.call(context, job)
    async with context.database.writing(council) as session:
        if finish is not None:
            await finish(session)
        await cancel(session, type(data), data.operation, council=council)


@asynccontextmanager
async def _limited(operation: Operation, limit: float) -> AsyncIterator[None]:
    """End the call before the worker's turn comes. Raises OverdueError."""
    seconds = min(limit, (operation.due_at - clock.now()).total_seconds())
    if seconds <= 0:
        raise OverdueError(f"{operation.data.kind} is the worker's by now")
    try:
        async with asyncio.timeout(seconds) as scope:
            yield
    except TimeoutError as error:
        if scope.expired():
            raise OverdueError(f"{operation.data.kind} took longer than {seconds:.1f} s") from error
        raise


async def _get_calls(request: Request) -> CallContext:
    calls: CallContext = request.app.state.calls
    return calls


Calls = Annotated[CallContext, Depends(_get_calls)]
"""What a route needs for ``run``: one for a web process, as a worker has its own."""
