"""Jobs: what is to be done after its cause has committed, and the functions that do it.

Web processes enqueue jobs (``chassis.jobs.queue``); the worker runs them (``chassis.jobs.runner``).
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Database, Session
from chassis.jobs.states import Lane
from chassis.settings import Settings

MAX_TRIES = 30
_MAX_LIMITS = {  # seconds
    Lane.EFFECT: 60.0,  # a transaction that is open for longer slows every queue down
    Lane.CALL: 300.0,
    Lane.LONG: 6 * 3600.0,
}
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_MAX_RETRY_AFTER = 86_400.0  # seconds
_MAX_KIND = 60  # characters
_IDEMPOTENCY_SPACE = UUID("6f1d7c2e-7d0f-4b58-9d51-8a6ef0f3c4a1")


class UnreadableError(ValueError):
    """A payload is of a version that this code no longer reads."""


class RefusedError(Exception):
    """A handler says that a job can never be done: it is given up at once, with this reason.

    People read the reason: it holds no value of the payload.
    """


class RetryAfterError(Exception):
    """A handler says that the next try is not to come before ``seconds``, as a ``Retry-After`` does.

    It counts as a failure. People read the reason.
    """

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = min(max(seconds, 0.0), _MAX_RETRY_AFTER)


class JobData(BaseModel):
    """A job's payload. A subclass names its kind (``notes.send``).

    Raise ``version`` when payloads that already wait no longer fit, and read those in ``upgrade``. The
    council is a column of the job: councils merge, and what waits goes with them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    lane: ClassVar[Lane] = Lane.EFFECT

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Check what a subclass declares."""
        super().__pydantic_init_subclass__(**kwargs)
        if "council" in cls.model_fields:
            raise TypeError(f"{cls.__name__}: the council is the job's, not its payload's")
        kind = getattr(cls, "kind", None)
        if kind is not None and (not _KIND.fullmatch(kind) or len(kind) > _MAX_KIND):
            raise TypeError(f"{cls.__name__}: {kind!r} is no kind such as notes.send")

    @classmethod
    def upgrade(cls, payload: dict[str, Any], version: int) -> dict[str, Any]:  # noqa: ARG003
        """Return the payload of an older version as this version has it. Raises UnreadableError."""
        raise UnreadableError(f"version {version}")


class CallData(JobData):
    """The payload of a job that calls something outside the service."""

    lane: ClassVar[Lane] = Lane.CALL


class LongCallData(CallData):
    """The payload of a job whose call takes minutes: a process to wait for, or a large file.

    Such calls run in few slots of their own (the setting ``long_jobs``). When the worker stops they are
    cancelled at once and another worker calls again: the handler keeps what it has done so far, and goes on.
    """

    lane: ClassVar[Lane] = Lane.LONG


class OperationData(CallData):
    """The payload of a call that is one operation outside, whoever makes it (``chassis.recovery``).

    ``operation`` is its name at the server that is called, the id of a payment for example: never used again
    for a kind, and the same in every payload of the operation.
    """

    operation: str = Field(min_length=1, max_length=200)


Data = TypeVar("Data", bound=JobData)
Shared = TypeVar("Shared")


@dataclass(frozen=True, slots=True)
class Job(Generic[Data]):
    """A job as its handler gets it. ``failures``: of the tries before this one.

    ``id`` is 0 when a request makes the call itself (``chassis.recovery``).
    """

    id: int
    council: str
    data: Data
    failures: int
    created_at: datetime

    @property
    def idempotency_key(self) -> str:
        """Return a key that is the same at every try, for the service that is called.

        Numbers come again when a database is restored from a backup; the pair of number and time does not.
        An operation's key is made of its own name, so that it is the same without a job.
        """
        name = f"{self.id} {self.created_at.isoformat()}"
        if isinstance(self.data, OperationData):
            name = f"{self.data.kind} {self.data.operation}"
        return str(uuid5(_IDEMPOTENCY_SPACE, name))


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a call may use. Do not hold a session open while you call."""

    database: Database
    settings: Settings
    _shared: dict[Callable[[Any], Any], Any] = field(default_factory=dict)

    def share(self, make: Callable[[Any], Shared]) -> Shared:
        """Return what ``make`` makes of the settings, an HTTP client for example: once in a worker."""
        if make not in self._shared:
            self._shared[make] = make(self.settings)
        shared: Shared = self._shared[make]
        return shared


Finish = Callable[[Session], Awaitable[None]]
Effect = Callable[[Session, Job[Data]], Awaitable[None]]
EffectBatch = Callable[[Session, Sequence[Job[Data]]], Awaitable[None]]
Call = Callable[[CallContext, Job[Data]], Awaitable[Finish | None]]


@dataclass(frozen=True, slots=True)
class Handler:
    """How a kind of job is run: by ``apply`` if it is an effect, by ``call`` if it is a call."""

    data: type[JobData]
    tries: int
    limit: float  # seconds
    apply: EffectBatch[Any] | None = None
    call: Call[Any] | None = None


@dataclass(frozen=True)
class JobHandlers:
    """The handlers of a service's jobs, or of one of its domains."""

    by_kind: dict[str, Handler] = field(default_factory=dict)

    def effect(
        self, data: type[Data], *, tries: int = 8, limit: float = 10.0
    ) -> Callable[[Effect[Data]], Effect[Data]]:
        """Handle jobs that change the database and nothing else: exactly once.

        The handler runs in the transaction that takes the job off the queue, with the rights of the job's
        council. It may run again after a rollback, so it must not act outside its session.
        """

        def register(handle: Effect[Data]) -> Effect[Data]:
            async def handle_each(session: Session, jobs: Sequence[Job[Data]]) -> None:
                for job in jobs:
                    await handle(session, job)

            self._add(Handler(data, tries, limit, apply=handle_each))
            return handle

        return register

    def effect_batch(
        self, data: type[Data], *, tries: int = 8, limit: float = 10.0
    ) -> Callable[[EffectBatch[Data]], EffectBatch[Data]]:
        """Handle several jobs of one council at once, as ``effect`` does one: for kinds with many."""

        def register(handle: EffectBatch[Data]) -> EffectBatch[Data]:
            self._add(Handler(data, tries, limit, apply=handle))
            return handle

        return register

    def call(
        self, data: type[Data], *, tries: int = 8, limit: float = 60.0
    ) -> Callable[[Call[Data]], Call[Data]]:
        """Handle jobs that call something outside: at least once, with ``Job.idempotency_key``.

        ``limit``: seconds, up to 300, or six hours for ``LongCallData``. No transaction is open meanwhile.
        The handler may return a function, which writes what came of it in the transaction that takes the job
        off the queue.
        """

        def register(handle: Call[Data]) -> Call[Data]:
            self._add(Handler(data, tries, limit, call=handle))
            return handle

        return register

    def _add(self, handler: Handler) -> None:
        data, most = handler.data, _MAX_LIMITS[handler.data.lane]
        if data.kind in self.by_kind:
            raise ValueError(f"{data.kind} is handled already")
        if (data.lane is Lane.EFFECT) != (handler.call is None):
            raise ValueError(f"{data.kind}: CallData for what calls outside, JobData for what does not")
        if not (0 < handler.limit <= most and 1 <= handler.tries <= MAX_TRIES):
            hint = "; see LongCallData" if data.lane is Lane.CALL else ""
            raise ValueError(f"{data.kind}: limit up to {most:.0f} s, 1 to {MAX_TRIES} tries{hint}")
        self.by_kind[data.kind] = handler


def combine(parts: Iterable[JobHandlers]) -> Mapping[str, Handler]:
    """Combine the handlers of a service's domains. Raises ValueError if two handle the same kind."""
    combined: dict[str, Handler] = {}
    for part in parts:
        if twice := combined.keys() & part.by_kind.keys():
            raise ValueError(f"handled twice: {sorted(twice)}")
        combined |= part.by_kind
    return combined
