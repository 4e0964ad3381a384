"""Alembic without an ini file: two histories in each database, the chassis's and the service's own.

The chassis's (``chassis/migrations/versions``) makes the tables every service has. It goes first, so that a
service's migrations find those tables as this version has them. The service ships its own history.

Every run takes an advisory lock (one migrator at a time; the others try every second) and sets
``lock_timeout``: a migration that would wait behind live traffic fails and can be tried again. Otherwise all
traffic would wait behind it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from chassis import tables
from chassis.database import keepalives
from chassis.settings import TCP_TIMEOUT

LOCK_TIMEOUT = "5s"
_MIGRATION_LOCK = 7_420_001  # key of the advisory lock
_LOCK_POLL = 1.0  # seconds between attempts to take it: waiting inside PostgreSQL would hold VACUUM up
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
_SERVICE_VERSION, _PLATFORM_VERSION = "alembic_version", "alembic_version_platform"  # tables
# What each revision of the chassis made while services' own histories still held its changes: newest first.
_ADOPTED = (
    ("0003", "outbox", "ordering_key"),
    ("0002", "revoked_token", "claim"),
    ("0001", "council", "slug"),
)
_HAS_COLUMN = text("""SELECT EXISTS (SELECT FROM pg_attribute
    WHERE attrelid = to_regclass(:table) AND attname = :column AND NOT attisdropped)""")


def secure_rows(table: str) -> None:
    """Enable row-level security on a table: a session sees only its council's rows.

    For tables with personal or money data. ``FORCE`` binds the owner too. The setting ``*`` is
    region-level work (``Session.set_all_councils``).
    """
    council = "current_setting('app.council', true)"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY one_council ON {table} USING (council = {council} OR {council} = '*')")


async def migrate(
    package: str,
    database_url: str,
    *,
    to: str = "heads",
    platform: str = "heads",
    tcp_timeout: int = TCP_TIMEOUT,
) -> None:
    """Migrate the service's database to a revision: ``heads`` up, ``base`` down to nothing.

    ``platform``: the revision of the chassis's history, which goes first; ``base`` undoes it last. Both
    move in one transaction.
    """
    async with _connect(database_url, tcp_timeout) as connection:
        await _take_lock(connection)
        await connection.run_sync(_run, package, to, platform)


async def find_drift(metadata: MetaData, database_url: str) -> list[Any]:
    """List what the declared tables have and the database lacks, or the other way round."""

    def compare(connection: Connection) -> list[Any]:
        # SQLAlchemy does not know this type of PostgreSQL; without it the column cannot be compared.
        connection.dialect.ischema_names["xid8"] = tables.Xid8  # type: ignore[attr-defined]
        options = {"compare_type": True, "include_name": _is_declared}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, _combine(metadata)))

    async with _connect(database_url, TCP_TIMEOUT) as connection:
        return await connection.run_sync(compare)


def read_scripts(package: str) -> ScriptDirectory:
    """Read the migration scripts of a service, or of the ``chassis``."""
    folder = Path(str(resources.files(package) / "migrations"))
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / "versions"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _is_declared(name: str | None, kind: str, _parents: Any) -> bool:
    return not (kind == "table" and name == _PLATFORM_VERSION)


def _combine(metadata: MetaData) -> MetaData:
    """Combine a service's own tables with those every service has."""
    combined = MetaData(naming_convention=tables.NAMING)
    for table in (*tables.platform.tables.values(), *metadata.tables.values()):
        table.to_metadata(combined)
    return combined


async def _take_lock(connection: AsyncConnection) -> None:
    while True:
        if await connection.scalar(_TRY_LOCK, {"key": _MIGRATION_LOCK}):
            return
        await asyncio.sleep(_LOCK_POLL)


@asynccontextmanager
async def _connect(database_url: str, tcp_timeout: int) -> AsyncIterator[AsyncConnection]:
    """Open a transaction on a connection of its own."""
    engine = create_async_engine(
        database_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        connect_args={"server_settings": keepalives(tcp_timeout)},
    )
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def _run(connection: Connection, package: str, to: str, platform: str) -> None:
    connection.execute(text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": LOCK_TIMEOUT})
    _adopt(connection)
    if to == "base":
        _move(connection, package, _SERVICE_VERSION, "base")
        _move(connection, "chassis", _PLATFORM_VERSION, "base")
    else:
        _move(connection, "chassis", _PLATFORM_VERSION, platform)
        _move(connection, package, _SERVICE_VERSION, to)


def _adopt(connection: Connection) -> None:
    """Record how far the service's own history brought the chassis's tables, before they had one.

    A database that is new, or has the record, stays as it is.
    """
    context = MigrationContext.configure(connection, opts={"version_table": _PLATFORM_VERSION})
    if context.get_current_heads():
        return
    for revision, table, column in _ADOPTED:
        if connection.scalar(_HAS_COLUMN, {"table": table, "column": column}):
            context.stamp(read_scripts("chassis"), revision)
            return


def _move(connection: Connection, package: str, version_table: str, to: str) -> None:
    scripts = read_scripts(package)

    def steps(revision: Any, _context: MigrationContext) -> Sequence[Any]:
        if to == "base":
            return scripts._downgrade_revs("base", revision)  # noqa: SLF001 - what alembic.command.downgrade calls
        return scripts._upgrade_revs(to, revision)  # noqa: SLF001 - what alembic.command.upgrade calls

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection, version_table=version_table, transactional_ddl=True)
        environment.run_migrations()
