"""What a council charges, beside the parameters of a version; what was published stays as it was."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_ADD = "ALTER TABLE case_type_version ADD COLUMN prices jsonb NOT NULL DEFAULT '{}'"
_DROP = "DROP TRIGGER keep_published_case_type ON case_type_version"
_KEEP = """CREATE TRIGGER keep_published_case_type
    BEFORE UPDATE OF id, code, state, name, source, welsh, parameters{prices}, digest ON case_type_version
    FOR EACH ROW WHEN (OLD.state <> 'draft' AND (NEW.state = 'draft'
        OR (OLD.id, OLD.code, OLD.name, OLD.source, OLD.welsh, OLD.parameters{old}, OLD.digest)
            IS DISTINCT FROM
            (NEW.id, NEW.code, NEW.name, NEW.source, NEW.welsh, NEW.parameters{new}, NEW.digest)))
    EXECUTE FUNCTION keep_published_case_type()"""


def upgrade() -> None:
    op.execute(_ADD)
    op.execute(_DROP)
    op.execute(_KEEP.format(prices=", prices", old=", OLD.prices", new=", NEW.prices"))


def downgrade() -> None:
    op.execute(_DROP)
    op.execute(_KEEP.format(prices="", old="", new=""))
    op.execute("ALTER TABLE case_type_version DROP COLUMN prices")
