"""Submissions: forms that were sent, until a day after all is said about them."""

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, SECURED, point_in_time
from resident.shared.tables import metadata

submission = Table(
    "submission",
    metadata,
    Column("council", sa.Text, primary_key=True),
    Column("id", ID, primary_key=True),  # that of the draft: casework and payments know it by this
    Column("service", sa.Text, nullable=False),
    Column("case_type", sa.Text, nullable=False),
    Column("title", sa.Text, nullable=False),  # the service's name in the person's language
    Column("language", sa.Text, nullable=False),
    Column("step", sa.Text, nullable=False),
    Column("sealed", sa.LargeBinary),  # the case to open, under the server's key; gone when it is open
    Column("by_email", sa.Boolean, nullable=False),  # casework can write to the person
    Column("price_checked", sa.Integer, nullable=False),  # pence, on the page of answers
    Column("done", sa.Text, nullable=False),  # words of the last page
    Column("reference", sa.Text),
    Column("payment", JSONB(none_as_null=True)),  # the body that casework wants paid
    Column("attempt", sa.SmallInteger, nullable=False),
    Column("payment_id", sa.Text),  # of this attempt
    Column("refusal", sa.Text),  # why casework opened no case
    point_in_time("created_at"),
    Column("expires_at", sa.DateTime(timezone=True)),  # none while the case is still to be opened
    Index(None, "expires_at"),
    info=SECURED,
)
