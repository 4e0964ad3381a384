"""The table of attachments. Their bytes lie in blobs, under the ids of a row."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED, point_in_time

attachment = Table(
    "attachment",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),  # of the blob that was sent, too
    Column("copy_id", ID, nullable=False),  # of the blob of a picture encoded anew
    Column("case_id", ID),
    Column("submission", Text),  # until there is a case: what is to open it
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),  # casework.attachments.rules.State
    Column("name", Text, nullable=False),
    Column("media_type", Text),  # what the content says; these three when it has arrived
    Column("size", BigInteger),
    Column("sha256", LargeBinary),
    Column("threat", Text),  # what the scanner found
    Column("problem", Text),  # why it is broken
    Column("restricted", Text),  # the one role that may know of it
    Column("redacts", ID),  # the attachment of which this is a copy with parts taken out
    Column("redaction", JSONB),  # why and by whom; personal, so it is no part of the history
    Column("created_by", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    point_in_time("created_at"),
    ForeignKeyConstraint(["council", "case_id"], ["case_record.council", "case_record.id"], **REKEYED),
    ForeignKeyConstraint(["council", "redacts"], ["attachment.council", "attachment.id"], **REKEYED),
    UniqueConstraint("council", "redacts"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint("state IN ('receiving', 'held', 'clean', 'infected', 'broken')", name="state"),
    CheckConstraint("case_id IS NOT NULL OR submission IS NOT NULL", name="owner"),
    Index("ix_attachment_case", "council", "case_id", "id", postgresql_where=text("case_id IS NOT NULL")),
    Index(
        "ix_attachment_submission",
        *("council", "submission", "id"),
        postgresql_where=text("case_id IS NULL"),
    ),
    Index(
        "ix_attachment_expiry",
        "created_at",
        postgresql_where=text("case_id IS NULL OR state = 'receiving'"),
    ),
    info=SECURED,
)
