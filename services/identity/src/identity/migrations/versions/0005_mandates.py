"""Mandates: one person acting for another."""

from alembic import op

from chassis import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UP: tuple[str, ...] = (
    """CREATE TABLE mandate (
        council text NOT NULL, id uuid NOT NULL, principal uuid NOT NULL, delegate uuid, theme text NOT NULL,
        status text NOT NULL, version integer NOT NULL, offered_at timestamptz NOT NULL,
        offer_ends_at timestamptz NOT NULL, accepted_at timestamptz, ended_at timestamptz, ended_by text,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_mandate PRIMARY KEY (council, id),
        CONSTRAINT ck_mandate_status CHECK (status IN ('offered', 'accepted', 'declined', 'revoked')),
        CONSTRAINT ck_mandate_ended_by CHECK (ended_by IN ('principal', 'delegate', 'council')),
        CONSTRAINT ck_mandate_nobody_grants_himself CHECK (principal <> delegate),
        CONSTRAINT ck_mandate_accepted_by_somebody CHECK (status <> 'accepted' OR delegate IS NOT NULL))""",
    """CREATE UNIQUE INDEX uq_mandate_holding ON mandate (council, principal, delegate, theme)
        WHERE status = 'accepted'""",
    "CREATE INDEX ix_mandate_principal ON mandate (principal)",
    "CREATE INDEX ix_mandate_delegate ON mandate (delegate)",
    """CREATE TABLE mandate_offer (
        council text NOT NULL, mandate uuid NOT NULL, email text, code_hash bytea,
        principal_name text NOT NULL, delegate_name text NOT NULL,
        CONSTRAINT pk_mandate_offer PRIMARY KEY (council, mandate))""",
    "CREATE UNIQUE INDEX uq_mandate_offer_code_hash ON mandate_offer (code_hash)",
    "CREATE INDEX ix_mandate_offer_email ON mandate_offer (email)",
)
_DOWN: tuple[str, ...] = ("DROP TABLE mandate_offer", "DROP TABLE mandate")


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in ("mandate", "mandate_offer"):
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
