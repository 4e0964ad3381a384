"""Tables of processors' credentials."""

from sqlalchemy import Column, ForeignKeyConstraint, Integer, LargeBinary, Table, Text

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata

# What a live account's processor knows us by. No answer, log or event has the key. The secret of its
# notifications is the gateway account's. ``merchant``: whose key it is, as the processor says: a key of
# another merchant would know none of the account's payments.
processor_credential = Table(
    "processor_credential",
    metadata,
    Column("council", Text, primary_key=True),
    Column("account", ID, primary_key=True),
    Column("secret_key", LargeBinary, nullable=False),  # sealed
    Column("merchant", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    point_in_time("created_at"),
    point_in_time("updated_at"),
    ForeignKeyConstraint(
        ["council", "account"], ["gateway_account.council", "gateway_account.id"], **REKEYED
    ),
    info=SECURED,
)
