"""PostgreSQL: a session that writes, a session that only reads, and a plain pool for the hottest reads.

``Session`` is one transaction and ends **before** the answer leaves (``scope="function"``), so a commit that
fails is never a 201. ``ReadSession`` is AUTOCOMMIT on a connection the database itself keeps read-only.
Statements are SQLAlchemy Core, built once as module-level constants; rows are Core rows.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import CursorResult, Executable, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis import pools, statements
from chassis.settings import Settings
from chassis.types import SLUG_PATTERN

Params = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
ALL_COUNCILS = "*"
_SLUG = re.compile(SLUG_PATTERN)
_LOCK_POLL = 1.0  # seconds
_SET_COUNCIL = text("SELECT set_config('app.council', :council, :transaction)")


def keepalives(timeout: int) -> dict[str, str]:
    """Return start-up parameters with which PostgreSQL gives up a client that has vanished.

    ``timeout`` is in seconds; 0 returns none. On a Unix socket PostgreSQL ignores them. Linux alone would
    wait two hours, and keep the client's locks as long.
    """
    if not timeout:
        return {}
    probes, interval = 3, max(timeout // 5, 1)
    return {
        "tcp_keepalives_idle": str(max(timeout - probes * interval, 1)),
        "tcp_keepalives_interval": str(interval),
        "tcp_keepalives_count": str(probes),
        "tcp_user_timeout": str(timeout * 1000),
    }


async def lock_session(connection: asyncpg.Connection, key: int) -> None:
    """Take an advisory lock for as long as the connection lives: try every second until it is free.

    A statement that waited for it inside PostgreSQL would hold a snapshot, which keeps VACUUM from removing
    rows, and its backend would go on waiting after its client has died.
    """
    while True:
        if await connection.fetchval("SELECT pg_try_advisory_lock($1)", key):
            return
        await asyncio.sleep(_LOCK_POLL)


class ReadSession:
    """Reads rows, each statement on its own."""

    _in_transaction = False

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self._council = ""

    async def all(self, statement: Executable, params: Params = None) -> Sequence[Row[Any]]:
        """Read every row."""
        return (await self._run(statement, params)).all()

    async def first(self, statement: Executable, params: Params = None) -> Row[Any] | None:
        """Read the first row, if there is one."""
        return (await self._run(statement, params)).first()

    async def scalar(self, statement: Executable, params: Mapping[str, Any] | None = None) -> Any:
        """Read the first column of the first row."""
        return (await self._run(statement, params)).scalar()

    async def _run(self, statement: Executable, params: Params) -> statements.Executed | CursorResult[Any]:
        return await statements.execute(self.connection, statement, params)

    async def set_council(self, council: str) -> None:
        """Set the council whose rows row-level security shows."""
        await self._run(_SET_COUNCIL, {"council": council, "transaction": self._in_transaction})
        self._council = council

    async def set_all_councils(self) -> None:
        """Show every council's rows: only for region-level work (issuing a token, a migration of data)."""
        await self.set_council(ALL_COUNCILS)


class Session(ReadSession):
    """One transaction that reads and writes."""

    _in_transaction = True

    async def begin_in(self, council: str, driver: pools.EngineConnection) -> None:
        """Set the council before anything else: with BEGIN, in one round trip.

        What is no slug may have come with a request, and goes to the server as a parameter.
        """
        if council != ALL_COUNCILS and not _SLUG.fullmatch(council):
            await self.set_council(council)
            return
        driver.begin_with(f"SET LOCAL app.council = '{council}'")
        self._council = council

    async def execute(self, statement: Executable, params: Params = None) -> int:
        """Run a statement and return the number of rows it touched."""
        return (await self._run(statement, params)).rowcount

    @asynccontextmanager
    async def region_wide(self, *, when: bool = True) -> AsyncIterator[None]:
        """Show every council's rows in the block, and then its own council's again: to write the region's."""
        council = self._council
        if not when or council == ALL_COUNCILS:
            yield
            return
        await self.set_all_councils()
        yield
        await self.set_council(council)


def _get_driver(connection: AsyncConnection) -> pools.EngineConnection:
    """Get asyncpg's own connection."""
    opened = connection.sync_connection
    if opened is None:
        raise RuntimeError("the connection is not open")
    return cast("pools.EngineConnection", opened.connection.driver_connection)


async def _reset_nothing(_: asyncpg.Connection) -> None:
    """Spare a round trip: a connection of the plain pool, which only reads, has nothing to reset."""


class Database:
    """The connections of one process.

    ``rows_secured``: some table of the service has row-level security. That of jobs has it anyway, and only
    transactions use it: they set their council always, reads spare the round trip where they can.
    """

    def __init__(self, settings: Settings, name: str, *, rows_secured: bool = False) -> None:
        self.url = settings.database_url
        self.rows_secured = rows_secured
        self._fast_size = settings.fast_pool_size
        self._keepalives = keepalives(settings.tcp_timeout)
        self._server_settings = {
            **self._keepalives,
            "application_name": name,
            "statement_timeout": str(int(settings.timeout * 1000)),
        }
        self.writer = self._engine(settings.pool_size, {})
        self.reader = self._engine(
            settings.pool_size, {"default_transaction_read_only": "on"}
        ).execution_options(isolation_level="AUTOCOMMIT")
        self._fast: pools.PlainPool | None = None

    def _engine(self, size: int, server: dict[str, str]) -> AsyncEngine:
        engine = create_async_engine(
            self.url.replace("postgresql://", "postgresql+asyncpg://", 1),
            poolclass=pools.EnginePool,
            # Connections beyond the size would be closed after each use: a burst opened one a request.
            pool_size=2 * size,
            max_overflow=0,
            pool_use_lifo=True,
            pool_timeout=5,
            pool_recycle=1800,
            hide_parameters=True,  # an error in the log must not show what was stored
            connect_args={
                "server_settings": {**self._server_settings, **server},
                "timeout": 5,
                "connection_class": pools.EngineConnection,
            },
        )
        pools.replace_closed(engine)
        return engine

    async def open(self) -> None:
        """Open the plain pool; the engines connect on first use."""
        self._fast = await pools.PlainPool(
            self.url,
            max_size=self._fast_size,
            timeout=5,
            max_cacheable_statement_size=0,  # a long statement costs most to prepare anew each time
            server_settings={**self._server_settings, "default_transaction_read_only": "on"},
            reset=_reset_nothing,
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._fast is not None:
            await self._fast.close()
        await self.writer.dispose()
        await self.reader.dispose()

    @property
    def fast(self) -> asyncpg.Pool:
        """The plain asyncpg pool, read-only, a quarter of the CPU: for the two or three hottest reads."""
        if self._fast is None:
            raise RuntimeError("the database is not open: use it inside the application's lifespan")
        return self._fast

    def measure_pools(self) -> Iterator[pools.PoolUse]:
        """Measure the use of each pool."""
        return pools.measure(self.writer, self.reader, self._fast)

    async def listen(self, command_timeout: float | None = None, **server: str) -> asyncpg.Connection:
        """Open a connection of its own, for LISTEN and advisory locks.

        The client's side has no keepalives: only a statement with a timeout, ``command_timeout`` seconds for
        each, notices a server that has vanished. ``server`` is for more start-up parameters.
        """
        return await asyncpg.connect(
            self.url,
            timeout=5,
            command_timeout=command_timeout,
            server_settings={"application_name": "listener", **self._keepalives, **server},
        )

    @asynccontextmanager
    async def reading(self, council: str = "") -> AsyncIterator[ReadSession]:
        """Open a session that reads the council's rows."""
        async with self.reader.connect() as connection:
            session = ReadSession(connection)
            if self.rows_secured:
                await session.set_council(council)
            yield session

    @asynccontextmanager
    async def writing(self, council: str = "") -> AsyncIterator[Session]:
        """Open a transaction on the council's rows; it commits at the end of the block."""
        async with self.writer.begin() as connection:
            session, driver = Session(connection), _get_driver(connection)
            if council:  # a transaction begins with none
                await session.begin_in(council, driver)
            try:
                yield session
            finally:
                driver.begin_with("")  # a session without a statement has not begun


def _database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _open_read_session(request: Request) -> AsyncIterator[ReadSession]:
    async with _database_of(request).reading(request.path_params.get("council", "")) as session:
        yield session


async def _open_session(request: Request) -> AsyncIterator[Session]:
    async with _database_of(request).writing(request.path_params.get("council", "")) as session:
        yield session


def fast_pool(request: Request) -> asyncpg.Pool:
    """Return the plain pool, for a route so hot that a dependency would cost it a tenth of its time."""
    return _database_of(request).fast


async def _get_fast_pool(request: Request) -> asyncpg.Pool:
    return fast_pool(request)


Reading = Annotated[ReadSession, Depends(_open_read_session, scope="function")]
Writing = Annotated[Session, Depends(_open_session, scope="function")]
FastPool = Annotated[asyncpg.Pool, Depends(_get_fast_pool)]
