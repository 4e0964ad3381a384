"""Logout tokens are jobs: the queue that was a table of its own is gone, and what waits in it goes on."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_CARRY_OVER = """
    INSERT INTO job (council, kind, version, payload, state, lane, priority, due_at, failures)
    SELECT DISTINCT ON (notice.council, notice.id)
        notice.council, 'identity.send_logout_token', 1, jsonb_build_object('grant', token_grant.id),
        CASE WHEN notice.due_at > now() THEN 1 ELSE 0 END, 1, 1, greatest(notice.due_at, now()),
        notice.attempts
    FROM logout_notice AS notice JOIN token_grant USING (council, client, account, session, sector)
    WHERE token_grant.request ->> 'backchannel_logout_uri' IS NOT NULL
    ORDER BY notice.council, notice.id, token_grant.created_at DESC"""


def upgrade() -> None:
    op.execute("SELECT set_config('app.council', '*', true)")  # jobs are under row-level security
    op.execute(_CARRY_OVER)
    op.execute("DROP TABLE logout_notice")


def downgrade() -> None:
    """Undo. Jobs that wait are given up by the version before, which does not know their kind."""
    op.execute(
        """CREATE TABLE logout_notice (
        council text NOT NULL, id uuid NOT NULL, client uuid NOT NULL, uri text NOT NULL,
        account uuid NOT NULL, session uuid NOT NULL, sector text NOT NULL, attempts integer NOT NULL,
        due_at timestamptz NOT NULL, rs256 boolean NOT NULL,
        CONSTRAINT pk_logout_notice PRIMARY KEY (council, id))"""
    )
    op.execute("CREATE INDEX ix_logout_notice_due_at ON logout_notice (due_at)")
    op.execute(
        """CREATE TRIGGER fill_sector BEFORE INSERT ON logout_notice FOR EACH ROW WHEN (NEW.sector IS NULL)
        EXECUTE FUNCTION fill_sector()"""
    )
