"""Connection pools that count who waits for a connection, and what their connections are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection


@dataclass(frozen=True, slots=True)
class PoolUse:
    """The use of a pool at a moment. ``waiting``: callers without a connection yet."""

    name: str
    limit: int
    used: int
    idle: int
    waiting: int


class EngineConnection(asyncpg.Connection):
    """A connection that sends a statement along with BEGIN, and so spares each transaction a round trip."""

    __slots__ = ("_first",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._first = ""

    def begin_with(self, statement: str) -> None:
        """Send a statement with the next BEGIN, and with no later one; an empty one takes that back."""
        self._first = statement

    async def execute(
        self,
        query: str,
        *args: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncpg's own
    ) -> str:
        """Execute a statement, as asyncpg's transactions begin with one."""
        if self._first and query.startswith("BEGIN"):
            query, self._first = query + self._first, ""
        return await super().execute(query, *args, timeout=timeout)


class EnginePool(AsyncAdaptedQueuePool):
    """The pool of an engine."""

    waiting = 0

    def connect(self) -> PoolProxiedConnection:
        """Take a connection out, or wait for one."""
        self.waiting += 1
        try:
            return super().connect()
        finally:
            self.waiting -= 1


def replace_closed(engine: AsyncEngine) -> None:
    """Have the engine's pool replace connections that the server closed while they lay idle.

    After a restart of PostgreSQL nobody notices: the driver knows it, and asking the driver is no round trip.
    """
    event.listen(engine.sync_engine, "checkout", _refuse_closed)


def _refuse_closed(connection: Any, *_: Any) -> None:
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed the connection")


class PlainPool(asyncpg.Pool):
    """The plain pool, filled on demand."""

    def __init__(self, url: str, *, max_size: int, **connect_args: Any) -> None:
        super().__init__(
            url,
            min_size=0,
            max_size=max_size,
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            loop=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            **connect_args,
        )
        self.waiting = 0

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - asyncpg's own
        self.waiting += 1
        try:
            return await super()._acquire(timeout)  # type: ignore[misc] # the stubs leave it out
        finally:
            self.waiting -= 1


def measure(writer: AsyncEngine, reader: AsyncEngine, fast: PlainPool | None) -> Iterator[PoolUse]:
    """Measure the pools of a database; ``fast`` is None before it is open."""
    for name, engine in (("writer", writer), ("reader", reader)):
        pool = engine.pool
        if isinstance(pool, EnginePool):
            limit = pool.size() + pool._max_overflow  # noqa: SLF001 - no method says it
            yield PoolUse(name, limit, pool.checkedout(), pool.checkedin(), pool.waiting)
    if fast is not None:
        idle = fast.get_idle_size()
        yield PoolUse("fast", fast.get_max_size(), fast.get_size() - idle, idle, fast.waiting)
