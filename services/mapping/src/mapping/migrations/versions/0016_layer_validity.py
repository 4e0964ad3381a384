"""From and until when the features of a layer are valid, as its extent in time."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_UP = (
    "SELECT set_config('app.council', '*', true)",  # row security would hide them
    "ALTER TABLE collection ADD COLUMN valid_since timestamptz, ADD COLUMN valid_until timestamptz",
    """UPDATE collection c SET valid_since = f.since, valid_until = f.until
        FROM (SELECT collection, CASE WHEN count(*) = count(valid_from) THEN min(valid_from) END AS since,
                CASE WHEN count(*) = count(valid_to) THEN max(valid_to) END AS until
            FROM feature WHERE ended = 2147483647 GROUP BY collection) f WHERE f.collection = c.id""",
    "SELECT set_config('app.council', '', true)",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE collection DROP COLUMN valid_since, DROP COLUMN valid_until")
