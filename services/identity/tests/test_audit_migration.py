"""Histories from before the audit are entries of it, and the API answers as it did."""

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import audit, ids, migrations
from identity.clients.actions import services
from identity.staff.actions import role_changes
from identity.upstreams.actions import records

OWN, FIRST, SECOND, THIRD = (ids.new() for _ in range(4))
AT = "timestamptz '2026-01-02 03:04:05.678901Z'"
ROWS = (
    f"""INSERT INTO service_history (council, client, id, act, actor, changes, at) VALUES
        ('citytown', $1, $2, 'registered', 'keeper', '{{"name": [null, "Bins"]}}', {AT}),
        ('citytown', $1, $3, 'keys-read', 'jwks_uri', '{{"jwks": [["a"], ["b"]]}}', {AT}),
        ('hillshire', $1, $4, 'retired', 'other', '{{}}', {AT})""",
    f"""INSERT INTO upstream_history (council, upstream, id, act, actor, changes, at) VALUES
        ('citytown', $1, uuidv7(), 'secret-set', 'keeper', '{{}}', {AT})""",
    f"""INSERT INTO role_change (council, id, act, role, staff, actor, changes, at) VALUES
        ('citytown', uuidv7(), 'made', 'clerk', NULL, 'keeper', '{{"title": [null, "Clerk"]}}', {AT}),
        ('citytown', uuidv7(), 'given', 'clerk', $1, 'keeper', '{{}}', {AT}),
        ('citytown', uuidv7(), 'taken', 'clerk', $1, 'keeper', '{{}}', {AT})""",
)


def redo(connection, revision):
    """Undo the revision, write what the version before wrote, and do it again."""
    values = ((OWN, FIRST, SECOND, THIRD), (OWN,), (OWN,))
    with Operations.context(MigrationContext.configure(connection)):
        revision.downgrade()
        connection.exec_driver_sql("SELECT set_config('app.council', '*', true)")
        for statement, parameters in zip(ROWS, values, strict=True):
            connection.exec_driver_sql(statement, parameters)
        revision.upgrade()


@pytest.mark.long
async def test_what_was_recorded_before_is_read_as_before(database, database_url):
    owner_url = database_url.replace("//identity:", "//identity_owner:")
    engine = create_async_engine(owner_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    revision = migrations.read_scripts("identity").get_revision("0023").module
    async with engine.begin() as connection:
        await connection.run_sync(redo, revision)
    await engine.dispose()
    async with database.reading("citytown") as session:
        rows = await audit.list_by_aggregate(session, "citytown", "identity.service", ids.show(OWN), None, 9)
        events = [services.render_event(row) for row in rows[::-1]]
        assert [(event.id, event.act, event.actor) for event in events] == [
            (FIRST, "registered", "keeper"), (SECOND, "keys-read", "jwks_uri"),
        ]  # fmt: skip
        assert (events[0].changes, events[0].at.microsecond) == ({"name": [None, "Bins"]}, 678901)
        assert [(row.actor_kind, row.credential) for row in rows] == [("system", None), (None, None)]
        [row] = await records.list_events(session, "citytown", OWN, None, 9)
        assert records.to_event(row).act == "secret-set"
        changes = [
            role_changes.to_role_change(row)
            for row in await role_changes.list_role_changes(session, "citytown", None, "clerk", None, 9)
        ]
        assert [(change.act, change.role, change.staff, change.changes) for change in changes] == [
            ("made", "clerk", None, {"title": [None, "Clerk"]}),
            ("given", "clerk", OWN, {}),
            ("taken", "clerk", OWN, {}),
        ]
        rows = await role_changes.list_role_changes(session, "citytown", OWN, None, None, 9)
        assert [row.act for row in rows] == ["given", "taken"]
