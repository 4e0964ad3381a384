"""Phones of accounts, and text messages beside letters."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PURPOSE = "ALTER TABLE one_time_code DROP CONSTRAINT ck_one_time_code_purpose"
_UP: tuple[str, ...] = (
    """CREATE TABLE account_phone (
        account uuid NOT NULL, number text NOT NULL, verified_at timestamptz NOT NULL,
        second_step_since timestamptz,
        CONSTRAINT pk_account_phone PRIMARY KEY (account),
        CONSTRAINT ck_account_phone_number CHECK (number ~ '^[+][1-9][0-9]{4,14}$'))""",
    """CREATE TABLE text_count (
        day date NOT NULL, kind text NOT NULL, sent integer NOT NULL,
        CONSTRAINT pk_text_count PRIMARY KEY (day, kind),
        CONSTRAINT ck_text_count_kind CHECK (kind IN ('known', 'known-abroad', 'new', 'new-abroad')))""",
    """ALTER TABLE mail ADD COLUMN channel text NOT NULL DEFAULT 'email',
        ADD CONSTRAINT ck_mail_channel CHECK (channel IN ('email', 'text'))""",
    _PURPOSE,
    """ALTER TABLE one_time_code ADD CONSTRAINT ck_one_time_code_purpose CHECK (purpose IN
        ('sign-in', 'register', 'email', 'phone', 'phone-before', 'text', 'text-set-up'))""",
)
_DOWN: tuple[str, ...] = (
    "DELETE FROM one_time_code WHERE purpose NOT IN ('sign-in', 'register', 'email')",
    _PURPOSE,
    """ALTER TABLE one_time_code ADD CONSTRAINT ck_one_time_code_purpose CHECK (purpose IN
        ('sign-in', 'register', 'email'))""",
    "DELETE FROM mail WHERE channel <> 'email'",
    "ALTER TABLE mail DROP COLUMN channel",
    "DROP TABLE text_count",
    "DROP TABLE account_phone",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
