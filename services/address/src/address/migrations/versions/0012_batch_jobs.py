"""Batches are matched by jobs: no holder and no tries of their own, and one time at which each is deleted.

Those that wait get their job. A batch of before expires after 14 days, whatever the setting was.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_UP = (
    "SELECT set_config('app.council', '*', true)",  # row security would hide them
    "DROP INDEX ix_match_batch_created_at",
    "ALTER TABLE match_batch DROP COLUMN holder, DROP COLUMN tries",
    "ALTER TABLE match_batch RENAME held_until TO expires_at",
    """UPDATE match_batch SET expires_at = created_at + interval '14 days'
        WHERE status <> 'receiving' OR expires_at IS NULL""",
    "ALTER TABLE match_batch ALTER COLUMN expires_at SET NOT NULL",
    "CREATE INDEX ix_match_batch_expires_at ON match_batch (expires_at)",
    """INSERT INTO job (council, kind, version, payload, state, lane, priority)
        SELECT council, 'address.match_batch', 1, jsonb_build_object('batch', id, 'done', done), 0, 2, 1
        FROM match_batch WHERE status IN ('queued', 'running') ORDER BY created_at""",
    "SELECT set_config('app.council', '', true)",
)
_DOWN = (
    "SELECT set_config('app.council', '*', true)",
    "DELETE FROM job WHERE kind IN ('address.match_batch', 'address.purge_batches')",
    "DELETE FROM schedule WHERE name = 'purge-batches'",
    "DROP INDEX ix_match_batch_expires_at",
    "ALTER TABLE match_batch ALTER COLUMN expires_at DROP NOT NULL",
    "UPDATE match_batch SET expires_at = NULL WHERE status <> 'receiving'",
    "ALTER TABLE match_batch RENAME expires_at TO held_until",
    "ALTER TABLE match_batch ADD COLUMN holder uuid, ADD COLUMN tries smallint NOT NULL DEFAULT 0",
    "CREATE INDEX ix_match_batch_created_at ON match_batch (created_at) WHERE status <> 'finished'",
    "SELECT set_config('app.council', '', true)",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
