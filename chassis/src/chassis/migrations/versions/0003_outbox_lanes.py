"""Let the relay read the outbox in two lanes, without ``txid``.

The release before still writes and relays: it needs ``txid`` and the trigger ``make_ordering_key``. The next
release drops both.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

# The release before writes no ordering key: the trigger makes it of what it does write.
_ORDERING_KEY = """concat_ws('.', split_part(NEW.nats_subject, '.', 3),
    split_part(NEW.nats_subject, '.', 4), NEW.envelope::json ->> 'subject')"""
_STATEMENTS = (
    "ALTER TABLE outbox ADD COLUMN ordering_key text, ADD COLUMN bulk boolean NOT NULL DEFAULT false",
    f"UPDATE outbox SET ordering_key = {_ORDERING_KEY.replace('NEW.', '')}",  # noqa: S608
    "ALTER TABLE outbox ALTER COLUMN ordering_key SET NOT NULL",
    "CREATE INDEX ix_outbox_bulk_id ON outbox (bulk, id)",
    "CREATE INDEX ix_outbox_ordering_key_id ON outbox (ordering_key, id)",
    f"""CREATE FUNCTION make_ordering_key() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.ordering_key := {_ORDERING_KEY}; RETURN NEW; END $$""",
    """CREATE TRIGGER make_ordering_key BEFORE INSERT ON outbox
        FOR EACH ROW WHEN (NEW.ordering_key IS NULL) EXECUTE FUNCTION make_ordering_key()""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER make_ordering_key ON outbox")
    op.execute("DROP FUNCTION make_ordering_key()")
    op.execute("ALTER TABLE outbox DROP COLUMN ordering_key, DROP COLUMN bulk")
