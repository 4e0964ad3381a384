"""Alembic without an ini file: a service ships ``migrations/versions``, this module runs them.

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

_PLATFORM_1 = (
    """CREATE TABLE council (
        slug text CONSTRAINT pk_council PRIMARY KEY, name text NOT NULL, gss text NOT NULL,
        region text NOT NULL, status text NOT NULL DEFAULT 'active',
        settings jsonb NOT NULL DEFAULT '{}'::jsonb, version integer NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_council_gss UNIQUE (gss))""",
    """CREATE TABLE revoked_token (
        council text NOT NULL, id text NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_revoked_token PRIMARY KEY (council, id))""",
    """CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
        txid xid8 NOT NULL DEFAULT pg_current_xact_id(), council text NOT NULL, event_id uuid NOT NULL,
        nats_subject text NOT NULL, envelope text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now())""",
    """CREATE TABLE inbox (
        council text NOT NULL, consumer text NOT NULL, event_id uuid NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_inbox PRIMARY KEY (council, consumer, event_id))""",
    """CREATE TABLE idempotency (
        council text NOT NULL, caller text NOT NULL, operation text NOT NULL, key text NOT NULL,
        fingerprint bytea NOT NULL, status integer, answer jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency PRIMARY KEY (council, caller, operation, key))""",
    """CREATE FUNCTION tell_listeners() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('townhall_' || TG_TABLE_NAME, ''); RETURN NULL; END $$""",
    *(
        f"""CREATE TRIGGER tell_{table} AFTER INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION tell_listeners()"""
        for table in ("council", "revoked_token")
    ),
    """CREATE TRIGGER tell_outbox AFTER INSERT ON outbox
        FOR EACH STATEMENT EXECUTE FUNCTION tell_listeners()""",
)


def platform_1_up() -> None:
    """Create the tables every service has, version 1. A service's first migration calls it."""
    for statement in _PLATFORM_1:
        op.execute(statement)


def platform_1_down() -> None:
    """Undo ``platform_1_up``."""
    for table in ("idempotency", "inbox", "outbox", "revoked_token", "council"):
        op.drop_table(table)
    op.execute("DROP FUNCTION tell_listeners()")


def platform_2_up() -> None:
    """Let a refusal be limited to tokens issued until a point in time."""
    op.execute("ALTER TABLE revoked_token ADD COLUMN issued_before timestamptz, ADD COLUMN claim text")


def platform_2_down() -> None:
    """Undo ``platform_2_up``. A limited refusal becomes a refusal of all: never a narrower one."""
    op.execute("ALTER TABLE revoked_token DROP COLUMN issued_before, DROP COLUMN claim")


# The release before writes no ordering key: the trigger makes it of what it does write.
_ORDERING_KEY = """concat_ws('.', split_part(NEW.nats_subject, '.', 3),
    split_part(NEW.nats_subject, '.', 4), NEW.envelope::json ->> 'subject')"""
_PLATFORM_3 = (
    "ALTER TABLE outbox ADD COLUMN ordering_key text, ADD COLUMN bulk boolean NOT NULL DEFAULT false",
    f"UPDATE outbox SET ordering_key = {_ORDERING_KEY.replace('NEW.', '')}",  # noqa: S608
    "ALTER TABLE outbox ALTER COLUMN ordering_key SET NOT NULL",
    "CREATE INDEX ix_outbox_bulk_id ON outbox (bulk, id)",
    "CREATE INDEX ix_outbox_ordering_key_id ON outbox (ordering_key, id)",
    f"""CREATE FUNCTION make_ordering_key() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.ordering_key := {_ORDERING_KEY}; RETURN NEW; END $$""",
    """CREATE TRIGGER make_ordering_key BEFORE INSERT ON outbox
        FOR EACH ROW WHEN (NEW.ordering_key IS NULL) EXECUTE FUNCTION make_ordering_key()""",
)


def platform_3_up() -> None:
    """Let the relay read the outbox in two lanes, without ``txid``.

    The release before still writes and relays: it needs ``txid`` and the trigger ``make_ordering_key``. The
    next release drops both.
    """
    for statement in _PLATFORM_3:
        op.execute(statement)


def platform_3_down() -> None:
    """Undo ``platform_3_up``."""
    op.execute("DROP TRIGGER make_ordering_key ON outbox")
    op.execute("DROP FUNCTION make_ordering_key()")
    op.execute("ALTER TABLE outbox DROP COLUMN ordering_key, DROP COLUMN bulk")


_PLATFORM_4 = (
    """CREATE TABLE job (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_job PRIMARY KEY,
        council text NOT NULL, kind text NOT NULL, version smallint NOT NULL, payload jsonb NOT NULL,
        state smallint NOT NULL, lane smallint NOT NULL, priority smallint NOT NULL,
        due_at timestamptz NOT NULL DEFAULT now(), key text, lease bigint,
        failures smallint NOT NULL DEFAULT 0, unhandled_since timestamptz, reason text, traceparent text,
        created_at timestamptz NOT NULL DEFAULT now())
        WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0,
        autovacuum_analyze_threshold = 50000)""",
    "CREATE INDEX ix_job_ready ON job (lane, priority, council, id) WHERE state = 0",
    "CREATE INDEX ix_job_armed ON job (due_at) WHERE state = 1",
    "CREATE INDEX ix_job_taken ON job (due_at) WHERE state = 2",
    "CREATE INDEX ix_job_dead ON job (council, id) WHERE state > 2",
    "CREATE UNIQUE INDEX uq_job_key ON job (council, kind, key) WHERE key IS NOT NULL AND lease IS NULL",
    """CREATE TABLE schedule (
        name text CONSTRAINT pk_schedule PRIMARY KEY, rule text NOT NULL, next_at timestamptz NOT NULL)""",
)


def platform_4_up() -> None:
    """Create the tables of jobs and schedules."""
    for statement in _PLATFORM_4:
        op.execute(statement)
    secure_rows("job")


def platform_4_down() -> None:
    """Undo ``platform_4_up``. Jobs that wait are lost."""
    op.drop_table("schedule")
    op.drop_table("job")


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
    package: str, database_url: str, *, to: str = "heads", tcp_timeout: int = TCP_TIMEOUT
) -> None:
    """Migrate the service's database to a revision: ``heads`` up, ``base`` down to nothing."""
    async with _connect(database_url, tcp_timeout) as connection:
        await _take_lock(connection)
        await connection.run_sync(_run, package, to)


async def find_drift(metadata: MetaData, database_url: str) -> list[Any]:
    """List what the declared tables have and the database lacks, or the other way round."""

    def compare(connection: Connection) -> list[Any]:
        # SQLAlchemy does not know this type of PostgreSQL; without it the column cannot be compared.
        connection.dialect.ischema_names["xid8"] = tables.Xid8  # type: ignore[attr-defined]
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, _combine(metadata)))

    async with _connect(database_url, TCP_TIMEOUT) as connection:
        return await connection.run_sync(compare)


def read_scripts(package: str) -> ScriptDirectory:
    """Read the migration scripts of a service."""
    folder = Path(str(resources.files(f"{package}.migrations")))
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / "versions"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


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


def _run(connection: Connection, package: str, to: str) -> None:
    scripts = read_scripts(package)
    connection.execute(text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": LOCK_TIMEOUT})

    def steps(revision: Any, _context: MigrationContext) -> Sequence[Any]:
        if to == "base":
            return scripts._downgrade_revs("base", revision)  # noqa: SLF001 - what alembic.command.downgrade calls
        return scripts._upgrade_revs(to, revision)  # noqa: SLF001 - what alembic.command.upgrade calls

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
