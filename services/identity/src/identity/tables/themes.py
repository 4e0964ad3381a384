"""What people may let others act for them in, as a council has it beside the themes of every council."""

from sqlalchemy import Column, Integer, Table, Text

from identity.tables.base import SECURED, metadata, moment

# One that is removed stays for what was agreed in it: nobody is offered it any more.
theme = Table(
    "theme",
    metadata,
    Column("council", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("title_cy", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    moment("updated_at"),
    moment("removed_at", nullable=True),
    info=SECURED,
)
