"""Codes to the address an account has, when it is to be changed."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_DROP = "ALTER TABLE one_time_code DROP CONSTRAINT ck_one_time_code_purpose"
_OTHERS = "'sign-in', 'register', 'email', 'phone', 'phone-before', 'text', 'text-set-up'"
_ADD = "ALTER TABLE one_time_code ADD CONSTRAINT ck_one_time_code_purpose CHECK (purpose IN ({}))"


def upgrade() -> None:
    op.execute(_DROP)
    op.execute(_ADD.format(f"{_OTHERS}, 'email-before'"))


def downgrade() -> None:
    op.execute("DELETE FROM one_time_code WHERE purpose = 'email-before'")
    op.execute(_DROP)
    op.execute(_ADD.format(_OTHERS))
