"""People on their way to another provider and back."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UP: tuple[str, ...] = (
    """CREATE TABLE upstream_visit (
        state_hash bytea NOT NULL, browser bytea NOT NULL, council text NOT NULL, upstream uuid NOT NULL,
        purpose text NOT NULL, account uuid, vot text, fresh boolean NOT NULL, redirect_uri text NOT NULL,
        request text, page text, found jsonb, chosen boolean NOT NULL, created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL, returned_at timestamptz,
        CONSTRAINT pk_upstream_visit PRIMARY KEY (state_hash),
        CONSTRAINT ck_upstream_visit_purpose CHECK (purpose IN ('sign-in', 'prove', 'link')),
        CONSTRAINT ck_upstream_visit_account CHECK ((purpose = 'sign-in') = (account IS NULL)))""",
    "CREATE INDEX ix_upstream_visit_browser ON upstream_visit (browser)",
    "CREATE INDEX ix_upstream_visit_expires_at ON upstream_visit (expires_at)",
    "CREATE INDEX ix_upstream_visit_account ON upstream_visit (account)",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE upstream_visit")
