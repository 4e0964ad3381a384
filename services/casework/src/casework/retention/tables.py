"""Tables of retention: holds, lists of what is due for disposal, certificates, and what is left of a case."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED, point_in_time


def _mode() -> CheckConstraint:
    return CheckConstraint("mode IN ('sandbox', 'live')", name="mode")


# While a hold is in force, nothing of its case, its person's cases or its type's cases is erased.
legal_hold = Table(
    "legal_hold",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("case_id", ID),
    Column("person", Text),  # the subject whom cases are about
    Column("code", Text),  # of the case type
    Column("reason", Text, nullable=False),
    Column("placed_by", JSONB, nullable=False),
    point_in_time("placed_at"),
    Column("lifted_by", JSONB),
    point_in_time("lifted_at", nullable=True),
    Column("lift_reason", Text),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(["council", "case_id"], ["case_record.council", "case_record.id"], **REKEYED),
    CheckConstraint("num_nonnulls(case_id, person, code) = 1", name="subject"),
    _mode(),
    Index("ix_legal_hold_case", "council", "case_id", postgresql_where=text("case_id IS NOT NULL")),
    Index("ix_legal_hold_in_force", "council", "mode", postgresql_where=text("lifted_at IS NULL")),
    info=SECURED,
)

disposal_list = Table(
    "disposal_list",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),  # casework.retention.rules.ListState
    Column("due_by", Date, nullable=False),
    Column("code", Text),  # of the one case type, if it is of one
    Column("items", Integer, nullable=False),
    Column("requested_by", JSONB, nullable=False),
    point_in_time("requested_at"),
    Column("signed_by", JSONB),
    point_in_time("signed_at", nullable=True),
    Column("version", Integer, nullable=False),
    CheckConstraint("state IN ('building', 'ready', 'signed', 'done', 'withdrawn')", name="state"),
    _mode(),
    info=SECURED,
)

# A case on a list, and what became of it. It names nobody, and stays when the case is gone.
disposal_item = Table(
    "disposal_item",
    metadata,
    Column("council", Text, primary_key=True),
    Column("list_id", ID, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("closed_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("rule", JSONB, nullable=False),  # why: from, months, then, source, and the case it follows
    Column("depth", Integer, nullable=False),  # 0; 1 if it ended in a case of depth 0, and so on
    Column("state", Text, nullable=False),  # casework.retention.rules.ItemState
    Column("reason", Text),  # why it is kept
    Column("deferred_until", Date),
    Column("deferred_by", JSONB),
    Column("bundle", ID, nullable=False),  # the blob of the archive's copy, if it is archived
    Column("bundle_digest", LargeBinary),
    Column("bundled", ARRAY(Integer)),  # the case as it was copied: its version, its notes
    Column("digest", LargeBinary),  # of the last entry of its history, when it was erased
    ForeignKeyConstraint(["council", "list_id"], ["disposal_list.council", "disposal_list.id"], **REKEYED),
    CheckConstraint(
        "state IN ('due', 'deferred', 'on_hold', 'not_due', 'destroyed', 'archived')", name="state"
    ),
    Index(
        "ix_disposal_item_due",
        "council",
        "list_id",
        "depth",
        "case_id",
        postgresql_where=text("state = 'due'"),
    ),
    Index("ix_disposal_item_deferred", "council", "case_id", postgresql_where=text("state = 'deferred'")),
    info=SECURED,
)

# What was disposed of, by whose authority, and when: signed, and changed by nobody.
disposal_certificate = Table(
    "disposal_certificate",
    metadata,
    Column("council", Text, primary_key=True),
    Column("list_id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    point_in_time("issued_at"),
    Column("document", Text, nullable=False),  # the JSON that was signed, byte for byte
    Column("statement", Text, nullable=False),  # a compact JWS of its digest
    _mode(),
    info=SECURED,
)

# What is left of a case: its reference, so that no other gets it, and the digests of its history.
case_tombstone = Table(
    "case_tombstone",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("list_id", ID, nullable=False),
    point_in_time("disposed_at"),
    Column("contents", ARRAY(LargeBinary), nullable=False),  # digest_content of each entry, in their order
    Column("digest", LargeBinary, nullable=False),  # of the last entry
    Index("uq_case_tombstone_reference", "reference", unique=True),
    _mode(),
    info=SECURED,
)
