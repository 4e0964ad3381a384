"""Signing keys, clients, API keys, used assertions; the tables every service has."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from chassis import migrations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MODE = "mode IN ('sandbox', 'live')"
_IN_USE = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text),
        sa.Column("public", JSONB, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        _moment("created_at"),
        _moment("signs_from"),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_key"),
    )
    _clients()
    _api_keys()
    op.create_table(
        "assertion_use",
        sa.Column("council", sa.Text),
        sa.Column("client_id", UUID(as_uuid=True)),
        sa.Column("jti", sa.Text),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("council", "client_id", "jti", name="pk_assertion_use"),
    )
    op.create_index("ix_assertion_use_expires_at", "assertion_use", ["expires_at"])


def downgrade() -> None:
    for table in ("assertion_use", "api_key", "client", "signing_key"):
        op.drop_table(table)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _clients() -> None:
    op.create_table(
        "client",
        sa.Column("council", sa.Text),
        sa.Column("id", UUID(as_uuid=True)),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("jwks", JSONB),
        sa.Column("secret_hash", sa.LargeBinary),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        _moment("created_at"),
        _moment("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("council", "id", name="pk_client"),
        sa.UniqueConstraint("id", name="uq_client_id"),
        sa.CheckConstraint(_MODE, name="ck_client_mode"),
        sa.CheckConstraint(
            "(jwks IS NULL) <> (secret_hash IS NULL)", name="ck_client_one_way_to_authenticate"
        ),
    )
    op.create_index(
        "uq_client_name_in_use", "client", ["council", "name"], unique=True, postgresql_where=_IN_USE
    )
    migrations.secure_rows("client")


def _api_keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("council", sa.Text),
        sa.Column("id", UUID(as_uuid=True)),
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("council", "id", name="pk_api_key"),
        sa.CheckConstraint(_MODE, name="ck_api_key_mode"),
    )
    op.create_index("ix_api_key_kid_expires_at", "api_key", ["kid", "expires_at"], postgresql_where=_IN_USE)
    migrations.secure_rows("api_key")
