"""Testers of services in the sandbox, and test people."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table, Text

from identity.shared.tables import ID, REKEYED, SECURED, metadata, timestamp

# A person who may sign in to a service of the sandbox, by the e-mail address of their account. ``canonical``:
# the address as it is compared.
tester = Table(
    "tester",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client", ID, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("email", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    timestamp("added_at"),
    ForeignKeyConstraint(["council", "client"], ["client.council", "client.id"], **REKEYED),
    Index("uq_tester_council_client_canonical", "council", "client", "canonical", unique=True),
    info=SECURED,
)

# A person who does not exist, with an account to try a council's services in the sandbox. ``id``: of it.
test_person = Table(
    "test_person",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    timestamp("created_at"),
    Index("ix_test_person_id", "id"),
    info=SECURED,
)
