"""Suggestions near a point or within a ward."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UP = (
    "ALTER TABLE blpu ADD COLUMN ward text, ADD COLUMN parish text",
    """ALTER TABLE place ADD COLUMN ward text, ADD COLUMN parish text,
        ADD COLUMN unit text GENERATED ALWAYS AS (' ' || regexp_replace(
            upper(coalesce(sub_building || ' ', '') || coalesce(building_number, '')),
            '[^A-Z0-9]+', ' ', 'g') || ' ') STORED""",
    "ALTER TABLE search_group ADD COLUMN easting integer, ADD COLUMN northing integer",
    "CREATE INDEX ix_place_council_ward ON place (council, ward, group_id) WHERE ward IS NOT NULL",
    "CREATE INDEX ix_place_council_pao_number ON place (council, pao_number)",
)
_DOWN = (
    "DROP INDEX ix_place_council_pao_number",
    "DROP INDEX ix_place_council_ward",
    "ALTER TABLE search_group DROP COLUMN easting, DROP COLUMN northing",
    "ALTER TABLE place DROP COLUMN unit, DROP COLUMN ward, DROP COLUMN parish",
    "ALTER TABLE blpu DROP COLUMN ward, DROP COLUMN parish",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
