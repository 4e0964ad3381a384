"""Whether a process is ready, found out once a second however often it is asked.

A gateway's replicas each ask every second, and take a host out when it says no or does not answer. So the
answer must be cheap, and must not wait for the pools: a service whose connections are all in use is busy, not
away. The probe has a connection of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache, partial
from importlib import resources
from urllib.parse import urlsplit

import asyncpg

from chassis.cached import Cached
from chassis.database import Database

_REMEMBER = 1.0  # seconds
_PATIENCE = 1.0  # seconds until the last verdict is the answer; the gateway waits for two
_PROBE_TIMEOUT = 3.0  # seconds until the database counts as away
_NATS_TIMEOUT = 1.0
_READ_REVISIONS = """SELECT (SELECT max(version_num) FROM alembic_version_platform) AS chassis,
    (SELECT max(version_num) FROM alembic_version) AS service"""

Verdict = tuple[bool, dict[str, str]]


class Readiness:
    """The verdict on one process. ``draining`` is set when it is about to stop.

    ``needs_nats``: it is not ready without NATS. ``check_nats`` returns ``ok``, or what is wrong.
    """

    def __init__(
        self,
        database: Database,
        package: str,
        check_nats: Callable[[], Awaitable[str]],
        *,
        needs_nats: bool = False,
    ) -> None:
        self.draining = False
        self._database = database
        self._package = package
        self._check_nats = check_nats
        self._needs = ["database", "migrations", *(["nats"] if needs_nats else [])]
        self._connection: asyncpg.Connection | None = None
        self._verdict = Cached(self._probe, _REMEMBER, _PATIENCE)

    def drain(self) -> None:
        """Say "not ready" from now on."""
        self.draining = True

    async def check(self) -> Verdict:
        """Return whether the process is ready, and the state of each part."""
        if self.draining:
            return False, {"status": "draining"}
        return await self._verdict.get()

    async def close(self) -> None:
        """Close the probe's connection."""
        await self._verdict.close()
        self._disconnect()

    async def _probe(self) -> Verdict:
        database, nats = await asyncio.gather(self._check_database(), self._check_nats())
        parts = {**database, "nats": nats}
        is_ready = all(parts[name] == "ok" for name in self._needs)
        return is_ready, {"status": "ready" if is_ready else "not ready", **parts}

    async def _check_database(self) -> dict[str, str]:
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT):
                if self._connection is None:
                    self._connection = await self._database.listen()
                migrations = await self._check_migrations(self._connection)
        except Exception as error:  # noqa: BLE001 - reported, whatever it is
            self._disconnect()
            return {"database": f"away: {type(error).__name__}", "migrations": "unknown"}
        return {"database": "ok", "migrations": migrations}

    async def _check_migrations(self, connection: asyncpg.Connection) -> str:
        """Compare both histories of the database with this code's: a newer database serves older code."""
        try:
            applied = (await connection.fetch(_READ_REVISIONS))[0]
        except asyncpg.UndefinedTableError:
            return "behind"
        if (applied["chassis"] or "") < find_newest_revision("chassis"):
            return "behind"
        return "ok" if (applied["service"] or "") >= find_newest_revision(self._package) else "behind"

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


@cache
def find_newest_revision(package: str) -> str:
    """Find the last migration of a package by the number of its file: ``0002_read_model.py``."""
    files = (resources.files(package) / "migrations" / "versions").iterdir()
    return max(file.name.partition("_")[0] for file in files if file.name.endswith(".py"))


def for_web(database: Database, package: str, nats_url: str) -> Readiness:
    """Make the verdict on a web process, which answers requests without NATS."""
    return Readiness(database, package, partial(_greet_nats, nats_url))


async def _greet_nats(url: str) -> str:
    """Connect and read the INFO with which a NATS server greets."""
    place = urlsplit(url)
    try:
        async with asyncio.timeout(_NATS_TIMEOUT):
            reader, writer = await asyncio.open_connection(place.hostname, place.port or 4222)
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        return f"away: {type(error).__name__}"
    return "ok" if greeting.startswith(b"INFO") else "away: not a NATS server"
