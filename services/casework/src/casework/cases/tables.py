"""Tables of cases. What is personal lies apart, so that it can be erased and the history still holds."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED, point_in_time


def _of_case() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["council", "case_id"], ["case_record.council", "case_record.id"], **REKEYED)


# As the partial index has it, so that the planner knows it again.
REFUND_DUE = text("CAST(engine ->> 'refund_due' AS bigint) > 0")

case_record = Table(
    "case_record",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("reference", Text, nullable=False),  # without separators
    Column("mode", Text, nullable=False),
    Column("type_version", ID, nullable=False),
    Column("code", Text, nullable=False),  # of the case type, as events and lists name it
    Column("state", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("team", Text),
    Column("assignee", Text),  # a subject
    Column("person", Text),  # the subject whom it is about, and who sees it as theirs
    Column("submission", Text),  # the sender's own id: it opens one case, and one of the sandbox
    Column("engine", JSONB, nullable=False),  # casework.model.rules.case_state, without personal fields
    Column("restricted", Text),  # the one role that may know of it
    Column("uprn", BigInteger),
    Column("created_by", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    point_in_time("opened_at"),
    point_in_time("closed_at", nullable=True),
    point_in_time("due_at", nullable=True),  # the first deadline that runs
    point_in_time("queued_at"),  # its place in queues: due_at, or the far end
    point_in_time("changed_at"),
    Column("dispose_on", Date),  # none while it is open, or where it follows the case it ended in
    ForeignKeyConstraint(
        ["council", "type_version"], ["case_type_version.council", "case_type_version.id"], **REKEYED
    ),
    UniqueConstraint("reference"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    Index("uq_case_record_submission", "council", "mode", "submission", unique=True),
    Index(
        "ix_case_record_open",
        *("council", "mode", "queued_at", "id"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_case_record_closed",
        *("council", "mode", "closed_at", "id"),
        postgresql_where=text("closed_at IS NOT NULL"),
    ),
    Index(
        "ix_case_record_queue_of_type",
        *("council", "mode", "code", "queued_at", "id"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_case_record_open_of_team",
        *("council", "mode", "team", "queued_at", "id"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_case_record_open_of_assignee",
        *("council", "mode", "assignee", "queued_at", "id"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_case_record_open_of_type",
        *("council", "mode", "code", "opened_at"),
        postgresql_include=["due_at", "restricted"],
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_case_record_workload",
        *("council", "mode"),
        postgresql_include=["team", "assignee", "due_at", "restricted"],
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_case_record_refund_due",
        *("council", "mode", "queued_at", "id"),
        postgresql_where=REFUND_DUE,
    ),
    Index("ix_case_record_person", "council", "person", "id", postgresql_where=text("person IS NOT NULL")),
    Index(
        "ix_case_record_disposal",
        *("council", "mode", "dispose_on", "id"),
        postgresql_where=text("dispose_on IS NOT NULL"),
    ),
    Index(
        "ix_case_record_fields",
        text("(engine -> 'fields')"),
        postgresql_using="gin",
        postgresql_ops={"(engine -> 'fields')": "jsonb_path_ops"},
    ),
    Index("ix_case_record_uprn", "council", "uprn", "id", postgresql_where=text("uprn IS NOT NULL")),
    info={**SECURED, "aggregate": "casework.case"},
)

# Fields that are personal or that one role alone may read: erased by the result's retention.
case_personal = Table(
    "case_personal",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("fields", JSONB, nullable=False),
    _of_case(),
    Index(
        "ix_case_personal_fields",
        "fields",
        postgresql_using="gin",
        postgresql_ops={"fields": "jsonb_path_ops"},
    ),
    info=SECURED,
)

# What was done, by whom, and why it could be. Nobody changes an entry: the database sees to it.
case_entry = Table(
    "case_entry",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("n", Integer, primary_key=True),  # the version that the entry made
    Column("kind", Text, nullable=False),
    Column("act", Text, nullable=False),
    point_in_time("at"),
    point_in_time("effective_at"),
    Column("actor", JSONB, nullable=False),
    Column("before", JSONB, nullable=False),  # what changed, as it was
    Column("after", JSONB, nullable=False),
    Column("weighed", JSONB, nullable=False),  # the rules, and how each came out
    Column("personal_digest", LargeBinary),  # salted, of what lies in case_entry_personal
    Column("digest", LargeBinary, nullable=False),  # of this entry and the one before it
    _of_case(),
    Index("ix_case_entry_at", "council", "at"),
    info=SECURED,
)
case_entry_personal = Table(
    "case_entry_personal",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("changes", Text, nullable=False),  # the JSON that was digested, byte for byte
    ForeignKeyConstraint(
        ["council", "case_id", "n"], ["case_entry.council", "case_entry.case_id", "case_entry.n"], **REKEYED
    ),
    info=SECURED,
)

case_clock = Table(
    "case_clock",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("case_id", ID, nullable=False),
    Column("clock", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("due_on", Date),
    point_in_time("due_at", nullable=True),  # none while it does not run
    point_in_time("breached_at", nullable=True),
    Column("uncomputed", Text),  # why there is no due date
    UniqueConstraint("council", "case_id", "clock"),
    _of_case(),
    info={**SECURED, "aggregate": "casework.clock"},
)

case_task = Table(
    "case_task",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True, server_default=text("uuidv7()")),
    Column("case_id", ID, nullable=False),
    Column("task", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("assignee", Text),
    point_in_time("opened_at"),
    point_in_time("closed_at", nullable=True),
    UniqueConstraint("council", "case_id", "task"),
    _of_case(),
    CheckConstraint("status IN ('open', 'done', 'dropped')", name="status"),
    Index(
        "ix_case_task_open",
        *("council", "role", "opened_at", "id"),
        postgresql_where=text("status = 'open'"),
    ),
    Index(
        "ix_case_task_open_of_assignee",
        *("council", "assignee", "opened_at", "id"),
        postgresql_where=text("status = 'open'"),
    ),
    info={**SECURED, "aggregate": "casework.task"},
)

# In which roles of case types staff act. Software of the council has all that restrict nothing.
role_holder = Table(
    "role_holder",
    metadata,
    Column("council", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("roles", ARRAY(Text), nullable=False),
    Column("email", Text),  # where messages to a role go
    Column("away_from", Date),  # they are given no case by rule meanwhile
    Column("away_until", Date),
    Column("version", Integer, nullable=False),
    info=SECURED,
)

# Where the person whom a case is about is reached, and in which language.
case_contact = Table(
    "case_contact",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("email", Text),
    Column("phone", Text),  # E.164
    Column("language", Text, nullable=False),
    _of_case(),
    CheckConstraint("language IN ('en', 'cy')", name="language"),
    Index(
        "ix_case_contact_email",
        *("council", text("lower(email)")),
        postgresql_where=text("email IS NOT NULL"),
    ),
    Index("ix_case_contact_phone", "council", "phone", postgresql_where=text("phone IS NOT NULL")),
    info=SECURED,
)

# Where a case is.
case_place = Table(
    "case_place",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("lat", Double, nullable=False),  # WGS 84
    Column("long", Double, nullable=False),
    Column("usrn", Integer),
    ForeignKeyConstraint(
        ["council", "case_id"], ["case_record.council", "case_record.id"], ondelete="CASCADE", **REKEYED
    ),
    Index("ix_case_place_point", "council", "lat", "long"),
    Index("ix_case_place_street", "council", "usrn", "case_id", postgresql_where=text("usrn IS NOT NULL")),
    info=SECURED,
)

# What staff write down, and what went to and fro: shown to the person only where it is for them.
case_note = Table(
    "case_note",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("case_id", ID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("direction", Text),  # of correspondence
    Column("text", Text, nullable=False),
    Column("author", JSONB, nullable=False),
    point_in_time("at"),
    Column("for_person", Boolean, nullable=False, server_default=text("false")),  # who reads it as theirs
    _of_case(),
    CheckConstraint("kind IN ('note', 'correspondence')", name="kind"),
    CheckConstraint(
        "CASE kind WHEN 'note' THEN direction IS NULL ELSE coalesce(direction, '') IN ('in', 'out') END",
        name="direction",
    ),
    CheckConstraint("NOT for_person OR kind = 'correspondence'", name="for_person"),
    Index("ix_case_note_case", "council", "case_id", "id"),
    info=SECURED,
)

case_link = Table(
    "case_link",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("link", Text, primary_key=True),  # as the case type names it
    Column("other_id", ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("relation", Text, nullable=False),
    point_in_time("at"),
    _of_case(),
    ForeignKeyConstraint(["council", "other_id"], ["case_record.council", "case_record.id"], **REKEYED),
    CheckConstraint("kind IN ('link', 'merge', 'sub_case', 'split')", name="kind"),
    Index("ix_case_link_other", "council", "other_id"),
    info=SECURED,
)

# The events of other capabilities that a case has had: the same one, published twice, is had once.
case_event = Table(
    "case_event",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    point_in_time("at"),
    _of_case(),
    info=SECURED,
)

# Who opened a case that has personal data, in which hour.
case_access = Table(
    "case_access",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("case_id", ID, nullable=False),
    Column("subject", Text, nullable=False),
    point_in_time("hour"),
    UniqueConstraint("council", "case_id", "subject", "hour"),
    _of_case(),
    Index("ix_case_access_hour", "hour"),
    info={**SECURED, "aggregate": "casework.access"},
)
