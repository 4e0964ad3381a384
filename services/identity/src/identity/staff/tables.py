"""A council's staff, their roles, and the groups of its directory."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from identity.shared.tables import ID, REKEYED, SECURED, metadata, timestamp


def _of(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["council", column], [f"{table}.council", f"{table}.id"], ondelete="CASCADE", **REKEYED
    )


# A named set of scopes of a council. Members of the directory's ``groups`` named here have it too.
role = Table(
    "role",
    metadata,
    Column("council", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("groups", ARRAY(Text), nullable=False),
    Column("version", Integer, nullable=False),
    timestamp("updated_at"),
    info=SECURED,
)

# A member of staff. ``account``: the one they sign in with, once linked.
staff = Table(
    "staff",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("account", ID),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    timestamp("left_at", nullable=True),  # taken out of the directory: no longer found
    timestamp("vouched_until", nullable=True),  # with just-in-time provisioning: roles count until then
    Index(
        "uq_staff_council_account",
        "council",
        "account",
        unique=True,
        postgresql_where=text("left_at IS NULL"),
    ),
    info=SECURED,
)

# What the directory says of the person; deleted when they are removed from it.
staff_person = Table(
    "staff_person",
    metadata,
    Column("council", Text, primary_key=True),
    Column("staff", ID, primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("user_key", Text, nullable=False),  # user_name as it is compared: RFC 7643, caseExact false
    Column("external_id", Text),  # the directory's own key of them, as in its tokens (Entra ID: oid)
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    _of("staff", "staff"),
    Index("uq_staff_person_council_user_key", "council", "user_key", unique=True),
    Index("uq_staff_person_council_external_id", "council", "external_id", unique=True),
    info=SECURED,
)

# A role given to a member of staff by hand, not by a group of the directory.
staff_role = Table(
    "staff_role",
    metadata,
    Column("council", Text, primary_key=True),
    Column("staff", ID, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("given_by", Text, nullable=False),
    timestamp("given_at"),
    _of("staff", "staff"),
    # A council chose the name, and another may have chosen the same: renaming a role renames it here.
    ForeignKeyConstraint(
        ["council", "role"], ["role.council", "role.name"], ondelete="CASCADE", onupdate="CASCADE", **REKEYED
    ),
    info=SECURED,
)

staff_group = Table(
    "staff_group",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("external_id", Text),
    Column("version", Integer, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    Index("uq_staff_group_council_display_name", "council", "display_name", unique=True),
    info=SECURED,
)

staff_group_member = Table(
    "staff_group_member",
    metadata,
    Column("council", Text, primary_key=True),
    Column("group_id", ID, primary_key=True),
    Column("staff", ID, primary_key=True),
    _of("staff_group", "group_id"),
    _of("staff", "staff"),
    Index("ix_staff_group_member_staff", "council", "staff"),
    info=SECURED,
)
