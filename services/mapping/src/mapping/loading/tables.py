"""Tables of loads: a file that somebody sent, and its rows until they are published."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from mapping.shared.tables import metadata

layer_load = Table(
    "layer_load",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),  # of the file's blob, too
    Column("collection", ID, nullable=False),
    Column("state", Text, nullable=False),  # mapping.loading.rules.loads.State
    Column("file_name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary),
    Column("options", JSONB, nullable=False),  # mapping.loading.schemas.LoadOptions
    Column("rows_read", Integer, nullable=False),  # how far it is
    Column("rows_total", Integer),  # of how many, as far as the file tells
    Column("report", JSONB),  # mapping.files.rules.reports.FileReport
    Column("properties", JSONB),  # those that the layer gets, if it has none yet
    Column("counts", JSONB),  # added, changed, moved, same, missing, refused; of the layer `standing`
    Column("compared_with", Integer),  # the version of the layer
    Column("problem", JSONB),  # code, detail, choices: why the file was refused
    Column("reason", Text, nullable=False),  # of who publishes it
    Column("vintage", Text),
    Column("created_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
    point_in_time("created_at"),
    ForeignKeyConstraint(["council", "collection"], ["collection.council", "collection.id"], **REKEYED),
    CheckConstraint(
        "state IN ('receiving', 'waiting', 'compared', 'refused', 'publishing', 'published', 'discarded')",
        "state",
    ),
    Index("ix_layer_load_collection", "council", "collection", "id"),
    Index("ix_layer_load_receiving", "created_at", postgresql_where=text("state = 'receiving'")),
    info=SECURED,
)

load_row = Table(
    "load_row",
    metadata,
    Column("council", Text, primary_key=True),
    Column("load", ID, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("fid", Text, nullable=False),
    Column("wkb", LargeBinary),
    Column("properties", JSONB, nullable=False),
    Column("repaired", Boolean, nullable=False),
    Column("change", Text),  # added, changed, moved, same, refused
    Column("code", Text),
    Column("detail", Text),
    ForeignKeyConstraint(
        ["council", "load"], ["layer_load.council", "layer_load.id"], **REKEYED, ondelete="CASCADE"
    ),
    Index("ix_load_row_fid", "council", "load", "fid"),
    info=SECURED,
)
