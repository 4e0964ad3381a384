"""Files of closes are written by jobs, a part a batch; payers at the counter and of mandates are erased."""

from alembic import op

from chassis import migrations

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_OF_FILE = ("council", "id", "mode", "day", "number", "kind", "fund", "name", "lines", "total")
_OF_FILE_BEFORE = (*_OF_FILE[:8], "hash", *_OF_FILE[8:])


def _name(row: str, columns: tuple[str, ...] = _OF_FILE) -> str:
    """Name the columns of an export that stay as they are."""
    return ", ".join(f"{row}.{column}" for column in columns)


_FILES_UP = (
    """CREATE TABLE export_part (
        council text NOT NULL, export uuid NOT NULL, n integer NOT NULL, lines integer NOT NULL,
        total bigint NOT NULL, content bytea NOT NULL,
        CONSTRAINT pk_export_part PRIMARY KEY (council, export, n),
        CONSTRAINT fk_export_part_council_export_export_file FOREIGN KEY (council, export)
            REFERENCES export_file (council, id) DEFERRABLE)""",
    """ALTER TABLE export_file ALTER COLUMN content DROP NOT NULL, ALTER COLUMN hash DROP NOT NULL,
        ADD CONSTRAINT ck_export_file_written CHECK ((hash IS NULL) = (content IS NULL))""",
    # A close reads its lines in their order, a batch at a time.
    "CREATE INDEX ix_ledger_transaction_order ON ledger_transaction (council, mode, taken_on, id)",
    "DROP INDEX ix_ledger_transaction_taken_on",
    "DROP TRIGGER keep_content ON export_file",
    # Its content is written once, with its hash, and may then only be erased.
    f"""CREATE TRIGGER keep_content BEFORE UPDATE ON export_file FOR EACH ROW
        WHEN (({_name("OLD")}) IS DISTINCT FROM ({_name("NEW")}) OR OLD.hash IS NOT NULL
            AND (NEW.hash IS DISTINCT FROM OLD.hash OR NEW.content IS DISTINCT FROM ''::bytea))
        EXECUTE FUNCTION keep_content()""",
)
_FILES_DOWN = (
    "DROP TRIGGER keep_content ON export_file",
    f"""CREATE TRIGGER keep_content BEFORE UPDATE ON export_file FOR EACH ROW
        WHEN (NEW.content <> ''::bytea
            OR ({_name("OLD", _OF_FILE_BEFORE)}) IS DISTINCT FROM ({_name("NEW", _OF_FILE_BEFORE)}))
        EXECUTE FUNCTION keep_content()""",
    "CREATE INDEX ix_ledger_transaction_taken_on ON ledger_transaction (council, mode, taken_on)",
    "DROP INDEX ix_ledger_transaction_order",
    """ALTER TABLE export_file DROP CONSTRAINT ck_export_file_written,
        ALTER COLUMN content SET NOT NULL, ALTER COLUMN hash SET NOT NULL""",
    "DROP TABLE export_part",
)

# Longer than any fund keeps a payer's data: receipts of the release before this one go by it.
_DEFAULT = "((now() AT TIME ZONE 'UTC') + interval '84 months')::date"
_MARKED = ("till", "e_return", "mandate", "collection")
_ERASURE_UP = (
    "SELECT set_config('app.council', '*', true)",
    f"ALTER TABLE counter_receipt ADD COLUMN erase_on date DEFAULT {_DEFAULT}",
    """UPDATE counter_receipt SET erase_on = (counter_receipt.taken_on
            + make_interval(months => kept.months))::date
        FROM (SELECT l.council, l.receipt, max(f.retention_months) AS months
            FROM counter_line l JOIN fund f ON f.council = l.council AND f.id = l.fund
            GROUP BY l.council, l.receipt) kept
        WHERE kept.council = counter_receipt.council AND kept.receipt = counter_receipt.id""",
    """CREATE INDEX ix_counter_receipt_erase_on ON counter_receipt (council, erase_on, id)
        WHERE erase_on IS NOT NULL""",
    *(f"ALTER TABLE {table} ADD COLUMN is_erased boolean NOT NULL DEFAULT false" for table in _MARKED),
    "CREATE INDEX ix_till_unerased ON till (council, day) WHERE NOT is_erased",
    "CREATE INDEX ix_till_named ON till (council, day) WHERE opened_by_name <> ''",
    "CREATE INDEX ix_e_return_unerased ON e_return (council, banked_on) WHERE NOT is_erased",
    "CREATE INDEX ix_e_return_named ON e_return (council, banked_on) WHERE created_by_name <> ''",
    """CREATE INDEX ix_mandate_unerased ON mandate (council, updated_at)
        WHERE NOT is_erased AND state IN ('pending', 'failed', 'cancelled', 'expired')""",
    """CREATE INDEX ix_mandate_proof ON mandate (council, proof_retained_until)
        WHERE proof_retained_until IS NOT NULL""",
    "CREATE INDEX ix_collection_unerased ON collection (council, charge_date) WHERE NOT is_erased",
    "CREATE INDEX ix_collection_metadata ON collection (council, charge_date) WHERE metadata IS NOT NULL",
)
_ERASURE_DOWN = (
    "DROP INDEX ix_till_named, ix_e_return_named, ix_mandate_proof, ix_collection_metadata",
    *(f"ALTER TABLE {table} DROP COLUMN is_erased" for table in _MARKED),
    "ALTER TABLE counter_receipt DROP COLUMN erase_on",
)


def upgrade() -> None:
    for statement in (*_FILES_UP, *_ERASURE_UP):
        op.execute(statement)
    migrations.secure_rows("export_part")


def downgrade() -> None:
    for statement in (*_ERASURE_DOWN, *_FILES_DOWN):
        op.execute(statement)
