"""Tables of e-returns. Personal data of payers is in ``cheques``, until it is posted."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.ledger.tables import MODES
from payments.shared.tables import metadata


def _key() -> list[Column[Any]]:
    return [
        Column("council", Text, primary_key=True),
        Column("id", ID, primary_key=True),
        Column("mode", Text, nullable=False),
    ]


def _reference(column: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["council", column], [f"{table}.council", f"{table}.id"], **REKEYED)


def _version() -> list[Column[Any]]:
    return [
        Column("version", Integer, nullable=False),
        Column("updated_by", Text, nullable=False),
        point_in_time("updated_at"),
    ]


# The rows of a service's own list of takings.
e_return_template = Table(
    "e_return_template",
    metadata,
    *_key(),
    Column("office", ID, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # cash, cheque
    Column("rows", JSONB, nullable=False),  # payments.e_returns.schemas.TemplateRow
    Column("is_closed", Boolean, nullable=False),
    *_version(),
    CheckConstraint(MODES, name="mode"),
    CheckConstraint("kind IN ('cash', 'cheque')", name="kind"),
    _reference("office", "counter_office"),
    Index("ix_e_return_template_office", "council", "office"),
    info=SECURED,
)

# Cash or cheques that a service banked itself. Another person authorises it, and then it is posted.
e_return = Table(
    "e_return",
    metadata,
    *_key(),
    Column("template", ID, nullable=False),
    Column("office", ID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("bag_number", Text, nullable=False),
    Column("banked_on", Date, nullable=False),
    Column("counted", JSONB),  # cash by denomination
    Column("lines", JSONB, nullable=False),  # by the template's rows
    Column("amount", BigInteger, nullable=False),
    Column("status", Text, nullable=False),  # payments.e_returns.rules.Status
    Column("created_by", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("submitted_by", Text),
    point_in_time("submitted_at", nullable=True),
    Column("checked_by", Text),
    point_in_time("checked_at", nullable=True),
    Column("bag", ID),
    # Personal data, and words of staff: they can be erased.
    Column("cheques", JSONB, nullable=False),  # of a draft; moved to ``cheque`` when it is posted
    Column("created_by_name", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("is_erased", Boolean, nullable=False, server_default=text("false")),
    *_version(),
    CheckConstraint(MODES, name="mode"),
    CheckConstraint("kind IN ('cash', 'cheque')", name="kind"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("status IN ('draft', 'submitted', 'authorised', 'returned', 'voided')", name="status"),
    CheckConstraint(
        "checked_by <> created_by AND checked_by <> changed_by AND checked_by <> submitted_by",
        name="maker_is_no_checker",
    ),
    CheckConstraint("(status = 'authorised') = (bag IS NOT NULL)", name="posted"),
    CheckConstraint("status NOT IN ('authorised', 'returned') OR checked_by IS NOT NULL", name="checked"),
    _reference("template", "e_return_template"),
    _reference("office", "counter_office"),
    _reference("bag", "bag"),
    Index("ix_e_return_status", "council", "mode", "status", "id"),
    Index("ix_e_return_unerased", "council", "banked_on", postgresql_where=text("NOT is_erased")),
    Index("ix_e_return_named", "council", "banked_on", postgresql_where=text("created_by_name <> ''")),
    Index(
        "ix_e_return_waiting",
        "council",
        "mode",
        "banked_on",
        postgresql_where=text("status IN ('draft', 'submitted', 'returned')"),
    ),
    info=SECURED,
)
