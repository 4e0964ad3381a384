"""Tables of layers, their features and their versions.

A row of ``feature`` is a state of a feature: it holds from ``version`` until ``ended``, both versions of its
layer. The layer at a version is the rows with ``version <= v < ended``, so that histories, comparisons and
restoring are reads of the same rows. Nothing is changed in a state but its end.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, base
from sqlalchemy.types import UserDefinedType

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from mapping.shared.tables import metadata

STILL = 2_147_483_647
"""``ended`` of the states that hold now."""
IS_CURRENT = text(f"ended = {STILL}")


class Box(UserDefinedType[str]):
    """PostgreSQL's ``box``: two corners, written ``(east, north),(west, south)``."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "box"


base.ischema_names["box"] = Box  # SQLAlchemy has no name for it, and migrations are compared with tables


def _of_collection() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["council", "collection"], ["collection.council", "collection.id"], **REKEYED)


collection = Table(
    "collection",
    metadata,
    # `region`: national, it stands once and every council has it
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),  # in URLs
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("geometry_type", Text, nullable=False),
    Column("storage_srid", Integer, nullable=False),  # 27700, or 84 for CRS84
    Column("keeper", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("licence_url", Text, nullable=False),
    Column("attribution", Text, nullable=False),
    Column("vintage", Text, nullable=False),  # "boundaries of 2013"
    Column("source_url", Text, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("audience", Text, nullable=False),
    Column("properties", JSONB, nullable=False),  # mapping.collections.rules.layers.Property, a list
    Column("key_property", Text, nullable=False),  # '': ids are not in the data
    Column("label_property", Text, nullable=False),
    Column("code_property", Text, nullable=False),
    Column("area_type", Text, nullable=False),  # as MapIt names it: UTW
    Column("locking", Text, nullable=False),
    Column("style", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("feature_count", Integer, nullable=False),
    Column("extent", ARRAY(Double)),  # west, south, east, north of all that is current, CRS84
    point_in_time("valid_since", nullable=True),  # when the first of them begins; null: one always was
    point_in_time("valid_until", nullable=True),  # when the last of them ends; null: one does not
    Column("updated_by", Text, nullable=False),
    point_in_time("changed_at"),
    Index("uq_collection_id", "id", unique=True),
    Index("uq_collection_name", "council", "name", unique=True),
    Index("ix_collection_changed_at", "changed_at"),
    CheckConstraint("kind IN ('zones', 'areas', 'assets', 'lines', 'places')", "kind"),
    CheckConstraint("geometry_type IN ('Point', 'LineString', 'Polygon')", "geometry_type"),
    CheckConstraint("storage_srid IN (84, 27700)", "storage_srid"),
    CheckConstraint("audience IN ('public', 'staff', 'restricted')", "audience"),
    CheckConstraint("locking IN ('optional', 'required')", "locking"),
    CheckConstraint("status IN ('draft', 'published', 'retired')", "status"),
    info={**SECURED, "aggregate": "mapping.collection"},
)

# Why a layer changed, by whom, and how many of its features.
collection_version = Table(
    "collection_version",
    metadata,
    Column("council", Text, primary_key=True),
    Column("collection", ID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("vintage", Text, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("moved", Integer, nullable=False),  # of the changed: their place too
    Column("deleted", Integer, nullable=False),
    point_in_time("created_at"),
    _of_collection(),
    CheckConstraint("cause IN ('load', 'edit', 'restore')", "cause"),
    info=SECURED,
)

# Of every council and layer: a feature's number is its id for ever, in tiles and in MapIt.
feature_number = Sequence("feature_number", metadata=metadata)

feature = Table(
    "feature",
    metadata,
    Column("council", Text, primary_key=True),
    Column("collection", ID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("fid", Text, nullable=False),
    Column("ended", Integer, nullable=False),  # equal to `version`: it was deleted then
    Column("wkb", LargeBinary),  # two dimensions, in the layer's storage CRS; none: it has no place
    Column("bbox", Box),  # CRS84
    Column("properties", JSONB, nullable=False),
    Column("geojson", Text, nullable=False),  # of the geometry in CRS84, or null
    Column("geojson_storage", Text, nullable=False),  # '': the same
    point_in_time("valid_from", nullable=True),
    point_in_time("valid_to", nullable=True),  # the first moment at which it is no more
    Column("etag", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    point_in_time("created_at"),
    Index("uq_feature_current", "collection", "fid", unique=True, postgresql_where=IS_CURRENT),
    Index("ix_feature_current_number", "collection", "number", postgresql_where=IS_CURRENT),
    Index("ix_feature_current_bbox", "bbox", postgresql_using="gist", postgresql_where=IS_CURRENT),
    Index("ix_feature_fid", "collection", "fid", "version"),
    Index("ix_feature_ended", "collection", "ended"),
    _of_collection(),
    CheckConstraint("ended >= version", "ended"),
    info={**SECURED, "aggregate": "mapping.feature"},
)
