"""Accounts that are closed, a client's account of each mode, and secrets for accounts without one."""

from alembic import op
from sqlalchemy import text

from chassis import ids

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_EVERY_COUNCIL = "SELECT set_config('app.council', '*', true)"  # row security would hide them
_ONE_MODE = "ALTER TABLE account_client DROP CONSTRAINT pk_account_client"
_UP = (
    _EVERY_COUNCIL,
    "ALTER TABLE gateway_account ADD COLUMN closed_at timestamptz",
    "ALTER TABLE account_client ADD COLUMN mode text",
    """UPDATE account_client SET mode = gateway_account.mode FROM gateway_account
        WHERE gateway_account.council = account_client.council AND gateway_account.id = account""",
    """ALTER TABLE account_client ALTER COLUMN mode SET NOT NULL,
        ADD CONSTRAINT ck_account_client_mode CHECK (mode IN ('sandbox', 'live'))""",
    _ONE_MODE,
    """ALTER TABLE account_client
        ADD CONSTRAINT pk_account_client PRIMARY KEY (council, client_id, mode)""",
    "CREATE INDEX ix_account_client_account ON account_client (council, account, client_id)",
)
# The worker makes the secret, with the key that a migration has not, and tells the processor our URL.
_WITHOUT_SECRET = text("SELECT council, id FROM gateway_account WHERE webhook_secret IS NULL")
_MAKE_SECRET = text("""INSERT INTO job (council, kind, version, payload, state, lane, priority)
    VALUES (:council, 'payments.register_webhook', 1, jsonb_build_object('account', CAST(:account AS text)),
        0, 1, 1)""")
_ONE_COUNCIL = "SELECT set_config('app.council', '', true)"
_DOWN = (
    _EVERY_COUNCIL,
    "DROP INDEX ix_account_client_account",
    _ONE_MODE,
    """DELETE FROM account_client live USING account_client sandbox
        WHERE live.council = sandbox.council AND live.client_id = sandbox.client_id
        AND live.mode = 'live' AND sandbox.mode = 'sandbox'""",
    "ALTER TABLE account_client DROP COLUMN mode",
    "ALTER TABLE account_client ADD CONSTRAINT pk_account_client PRIMARY KEY (council, client_id)",
    "ALTER TABLE gateway_account DROP COLUMN closed_at",
    _ONE_COUNCIL,
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    connection = op.get_bind()
    for row in connection.execute(_WITHOUT_SECRET).all():
        connection.execute(_MAKE_SECRET, {"council": row.council, "account": ids.show(row.id)})
    op.execute(_ONE_COUNCIL)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
