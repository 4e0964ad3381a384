"""Mandates are confirmed and accepted by the people themselves, at the level that their theme needs.

Mandates that were accepted before go on as they are. Open offers from before count as not confirmed, since
nobody knows that their principal saw them: it shows them on their account until the offer's own end.

The version before goes on: to it an offer is ``offered`` from the start. What it makes has no
``confirmed_at``, so this one lets nobody accept it until its principal has confirmed it.
"""

from alembic import op

from chassis import migrations

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_LEVELS = "('Cl', 'Cl.Cm', 'P1.Cl.Cm', 'P2.Cl.Cm')"
_HOLDING = "CREATE UNIQUE INDEX uq_mandate_holding ON mandate ({}) WHERE status = 'accepted'"


def upgrade() -> None:
    for table in ("mandate", "theme"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN minimum_level text NOT NULL DEFAULT 'Cl'")
        op.execute(
            f"""ALTER TABLE {table} ADD CONSTRAINT ck_{table}_minimum_level
            CHECK (minimum_level IN {_LEVELS})"""
        )
    op.execute("ALTER TABLE mandate ADD COLUMN mode text NOT NULL DEFAULT 'live'")
    op.execute("ALTER TABLE mandate ADD CONSTRAINT ck_mandate_mode CHECK (mode IN ('sandbox', 'live'))")
    op.execute("ALTER TABLE mandate ADD COLUMN confirmed_at timestamptz")
    op.execute("DROP INDEX uq_mandate_holding")
    op.execute(_HOLDING.format("council, principal, delegate, theme, mode"))
    op.execute("CREATE INDEX ix_mandate_id ON mandate (id)")
    op.execute("ALTER TABLE theme ADD COLUMN description text, ADD COLUMN description_cy text")
    op.execute(
        f"""CREATE TABLE theme_level (
        council text NOT NULL, theme text NOT NULL, minimum_level text NOT NULL, version integer NOT NULL,
        updated_by text NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_theme_level PRIMARY KEY (council, theme),
        CONSTRAINT ck_theme_level_minimum_level CHECK (minimum_level IN {_LEVELS}))"""
    )
    migrations.secure_rows("theme_level")


def downgrade() -> None:
    """Undo. Offers that nobody has confirmed, and what counts in the sandbox only, would hold: they end."""
    op.execute("SELECT set_config('app.council', '*', true)")  # row security would hide them
    op.execute(
        """UPDATE mandate SET status = 'revoked', ended_by = 'council', ended_at = now(),
        version = version + 1
        WHERE (status = 'offered' AND confirmed_at IS NULL)
        OR (mode = 'sandbox' AND status IN ('offered', 'accepted'))"""
    )
    op.execute("DROP TABLE theme_level")
    op.execute(
        "ALTER TABLE theme DROP COLUMN description, DROP COLUMN description_cy, DROP COLUMN minimum_level"
    )
    op.execute("DROP INDEX ix_mandate_id")
    op.execute("DROP INDEX uq_mandate_holding")
    op.execute("ALTER TABLE mandate DROP COLUMN mode, DROP COLUMN confirmed_at, DROP COLUMN minimum_level")
    op.execute(_HOLDING.format("council, principal, delegate, theme"))
