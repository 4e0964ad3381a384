"""The advisory lock by which one worker at a time works for a consumer.

It is tried and never waited for: who waits inside PostgreSQL keeps VACUUM from removing rows.
"""

import asyncpg

from chassis.database import Database

_LOCK_CLASS = 7_420_003  # the first key of the lock; the second is a hash of the consumer's name
_TIMEOUT = 5.0  # seconds after which a server that does not answer is given up


class ConsumerLock:
    """Is held from ``try_take`` to ``release``, as long as its connection lives."""

    def __init__(self, database: Database, consumer: str) -> None:
        self._database = database
        self._consumer = consumer
        self._connection: asyncpg.Connection | None = None

    async def try_take(self) -> bool:
        """Take the lock if it is free. Raises when the database is away."""
        if self._connection is None:
            self._connection = await self._database.listen()
        is_locked: bool = await self._connection.fetchval(
            "SELECT pg_try_advisory_lock($1::integer, hashtext($2))",
            _LOCK_CLASS,
            self._consumer,
            timeout=_TIMEOUT,
        )
        return is_locked

    async def check(self) -> None:
        """Check that the lock is still held: its connection answers. Raises when it does not."""
        if self._connection is None:
            raise asyncpg.InterfaceError(f"the lock of {self._consumer} is not taken")
        await self._connection.execute("SELECT 1", timeout=_TIMEOUT)

    def release(self) -> None:
        """Give the lock to another worker."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
