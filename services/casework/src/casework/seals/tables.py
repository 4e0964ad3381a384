"""Tables of seals: the ends of histories, day by day. They stay with their council, whoever succeeds it."""

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, Text

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED, point_in_time

# The ends of the histories that grew, and the seal before: a chain, each link signed.
history_seal = Table(
    "history_seal",
    metadata,
    Column("council", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("chain", ID, nullable=False),  # which names it for ever
    Column("day", Date, nullable=False),
    point_in_time("since", nullable=True),  # entries before were sealed before
    point_in_time("until"),
    Column("is_complete", Boolean, nullable=False),  # no more heads of the same day follow
    Column("heads", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),  # of the Merkle tree of heads
    Column("digest", LargeBinary, nullable=False),
    Column("statement", Text, nullable=False),  # a compact JWS
    info=SECURED,
)

# The last entry of a history that a seal covers.
history_head = Table(
    "history_head",
    metadata,
    Column("council", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["council", "sequence"], ["history_seal.council", "history_seal.sequence"], **REKEYED
    ),
    Index("ix_history_head_case", "case_id", "n"),
    info=SECURED,
)
