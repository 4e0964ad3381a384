"""Small tables of a service, kept in the memory of each web process and read again as they change.

PostgreSQL notifies of a change; every few seconds they are read anyway, since a notification may be lost.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Protocol

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from chassis.database import Database

_STATEMENT_TIMEOUT = 5.0  # seconds after which a server that does not answer is given up
_POLL = 5.0  # seconds between reads when PostgreSQL notifies of nothing


class TableCopy(Protocol):
    """A table in memory: how it is read, what notifies of its changes, and who takes its rows."""

    @property
    def channel(self) -> str: ...

    @property
    def statement(self) -> str: ...

    def replace(self, rows: Sequence[Any]) -> None:
        """Put rows in place of those in memory."""


class TableCopies:
    """Keeps copies of tables current, all over one connection."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._copies: list[TableCopy] = []
        self._read_at = 0.0
        self._read_again = asyncio.Event()  # another one after each read
        self._refreshing = asyncio.Lock()

    def add(self, copy: TableCopy) -> None:
        """Keep this copy current too, from the next read on."""
        self._copies.append(copy)

    async def refresh(self) -> None:
        """Read every table again."""
        async with self._database.fast.acquire() as connection:
            await self._read(connection)

    async def refresh_if_older(self, seconds: float) -> None:
        """Read every table unless that has just been done: a notification may have been lost."""
        async with self._refreshing:
            if time.monotonic() - self._read_at > seconds:
                await self.refresh()

    async def wait_for_read(self) -> None:
        """Wait until they have been read once more."""
        await self._read_again.wait()

    async def _read(self, connection: asyncpg.Connection | PoolConnectionProxy) -> None:
        tables = [await connection.fetch(copy.statement) for copy in self._copies]
        for copy, rows in zip(self._copies, tables, strict=True):
            copy.replace(rows)
        self._read_at = time.monotonic()
        self._read_again.set()
        self._read_again = asyncio.Event()

    async def follow(self) -> None:
        """Keep up with the tables for ever. Raises when the database is lost; call it again."""
        changed = asyncio.Event()
        connection = await self._database.listen(command_timeout=_STATEMENT_TIMEOUT)
        try:
            for copy in self._copies:
                await connection.add_listener(copy.channel, lambda *_: changed.set())
            # Else a lost connection would be noticed at the next read only.
            connection.add_termination_listener(lambda *_: changed.set())
            while True:
                changed.clear()
                await self._read(connection)
                try:
                    async with asyncio.timeout(_POLL):
                        await changed.wait()
                except TimeoutError:
                    continue
        finally:
            connection.terminate()
