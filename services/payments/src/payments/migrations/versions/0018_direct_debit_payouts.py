"""Payouts of Direct Debits: settlements of a service user, lines and exceptions of a collection."""

from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

_SUBJECT = "council, kind, settlement, line, bank_line, payment"
_UPGRADE = (
    """ALTER TABLE settlement
        ADD COLUMN service_user uuid,
        ALTER COLUMN account DROP NOT NULL,
        ADD CONSTRAINT ck_settlement_merchant CHECK (num_nonnulls(account, service_user) = 1),
        ADD CONSTRAINT uq_settlement_council_service_user_provider_id
            UNIQUE (council, service_user, provider_id),
        ADD CONSTRAINT fk_settlement_council_service_user FOREIGN KEY (council, service_user)
            REFERENCES service_user (council, id) DEFERRABLE INITIALLY IMMEDIATE""",
    "ALTER TABLE settlement_line ADD COLUMN collection uuid",
    """CREATE INDEX ix_settlement_line_collection ON settlement_line (council, collection)
        WHERE collection IS NOT NULL""",
    f"""ALTER TABLE reconciliation_exception
        ADD COLUMN collection uuid,
        DROP CONSTRAINT uq_reconciliation_exception_subject,
        ADD CONSTRAINT uq_reconciliation_exception_subject
            UNIQUE NULLS NOT DISTINCT ({_SUBJECT}, collection)""",
    """CREATE INDEX ix_reconciliation_exception_collection ON reconciliation_exception (council, collection)
        WHERE collection IS NOT NULL""",
)
_DOWNGRADE = (
    "DELETE FROM reconciliation_exception WHERE collection IS NOT NULL",
    f"""ALTER TABLE reconciliation_exception DROP COLUMN collection,
        ADD CONSTRAINT uq_reconciliation_exception_subject UNIQUE NULLS NOT DISTINCT ({_SUBJECT})""",
    "ALTER TABLE settlement_line DROP COLUMN collection",
    """DELETE FROM settlement_line l USING settlement s
        WHERE s.council = l.council AND s.id = l.settlement AND s.service_user IS NOT NULL""",
    """UPDATE bank_line b SET settlement = NULL, rule = NULL FROM settlement s
        WHERE s.council = b.council AND s.id = b.settlement AND s.service_user IS NOT NULL""",
    "DELETE FROM settlement WHERE service_user IS NOT NULL",
    "ALTER TABLE settlement DROP COLUMN service_user, ALTER COLUMN account SET NOT NULL",
)


def upgrade() -> None:
    """Create the columns."""
    for statement in _UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    """Drop them, with what was imported."""
    for statement in _DOWNGRADE:
        op.execute(statement)
