"""Accounts from before notifications get their secret, and assignments their mode."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import ids, migrations

ACCOUNT = ids.new()
ROWS = (
    """INSERT INTO gateway_account (council, id, name, mode, processor, settings, is_default, version,
            created_at, updated_at)
        VALUES ('citytown', $1, 'Early', 'sandbox', 'sandbox', '{}', false, 1, now(), now())""",
    "INSERT INTO account_client VALUES ('citytown', 'early-key', $1, now())",
)


def redo(connection, revision):
    """Undo the revision, write what the version before wrote, and do it again."""
    with Operations.context(MigrationContext.configure(connection)):
        revision.downgrade()
        connection.exec_driver_sql("SELECT set_config('app.council', '*', true)")
        for statement in ROWS:
            connection.exec_driver_sql(statement, (ACCOUNT,))
        revision.upgrade()


async def test_an_account_from_before_has_its_secret_soon(database, database_url, run_jobs):
    owner_url = database_url.replace("//payments:", "//payments_owner:")
    engine = create_async_engine(owner_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    revision = migrations.read_scripts("payments").get_revision("0012").module
    async with engine.begin() as connection:
        await connection.run_sync(redo, revision)
    await engine.dispose()
    await run_jobs()
    async with database.reading("citytown") as session:
        secret = await session.scalar(
            text("SELECT webhook_secret FROM gateway_account WHERE id = :id"), {"id": ACCOUNT}
        )
        mode = await session.scalar(text("SELECT mode FROM account_client WHERE client_id = 'early-key'"))
    assert secret is not None
    assert mode == "sandbox"
