"""Statements of features: the current ones, those of a version, and a feature's states."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary, Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import ReadSession, Session

# Texts are made of constants of this module alone.
_STATE = """number, fid, version, ended, wkb, properties, geojson, geojson_storage, valid_from, valid_to,
    etag, (bbox[1])[0] AS west, (bbox[1])[1] AS south, (bbox[0])[0] AS east, (bbox[0])[1] AS north"""
_CURRENT = "collection = :collection AND ended = 2147483647"
_AT = "collection = :collection AND version <= :version AND ended > :version"
_MEETS_BOX = "bbox && box(point(:west, :south), point(:east, :north))"
# The number that a feature of an id has had, also one that is gone: it never has another.
# Not `ORDER BY ... LIMIT 1` for each id: without statistics the planner walks all versions for it.
_LATEST = text("""SELECT DISTINCT ON (fid) fid, number, version, ended, etag, sha256(wkb) AS place
    FROM feature WHERE collection = :collection AND fid = ANY (:fids)
    ORDER BY fid, version DESC""").bindparams(bindparam("fids", type_=ARRAY(Text)))
_NUMBERS = text("SELECT nextval('feature_number') AS number FROM generate_series(1, CAST(:count AS integer))")
_END = text(f"UPDATE feature SET ended = :version WHERE {_CURRENT} AND number = ANY (:numbers)").bindparams(  # noqa: S608
    bindparam("numbers", type_=ARRAY(BigInteger))
)
_COLUMNS: Mapping[str, Any] = {
    "number": BigInteger,
    "fid": Text,
    "wkb": LargeBinary,
    "bbox": Text,
    "properties": Text,
    "geojson": Text,
    "geojson_storage": Text,
    "valid_from": DateTime(timezone=True),
    "valid_to": DateTime(timezone=True),
    "etag": Text,
}
_INSERT = text("""INSERT INTO feature (council, collection, version, ended, actor, reason, created_at, number,
        fid, wkb, bbox, properties, geojson, geojson_storage, valid_from, valid_to, etag)
    SELECT :council, :collection, :version, :ended, :actor, :reason, :created_at, s.number, s.fid, s.wkb,
        CAST(s.bbox AS box), CAST(s.properties AS jsonb), s.geojson, s.geojson_storage, s.valid_from,
        s.valid_to, s.etag
    FROM unnest(:number, :fid, :wkb, :bbox, :properties, :geojson, :geojson_storage, :valid_from, :valid_to,
        :etag) AS s (number, fid, wkb, bbox, properties, geojson, geojson_storage, valid_from, valid_to, etag)
    """).bindparams(
    bindparam("created_at", type_=DateTime(timezone=True)),
    *(bindparam(name, type_=ARRAY(kind)) for name, kind in _COLUMNS.items()),
)
# What a version had and the present one has not, or otherwise; and what only the present one has.
_RESTORE = text("""WITH ends AS (UPDATE feature f SET ended = :new
        WHERE f.collection = :collection AND f.ended = 2147483647
        AND NOT EXISTS (SELECT FROM feature o WHERE o.collection = :collection AND o.version <= :version
            AND o.ended > :version AND o.number = f.number AND o.etag = f.etag)
        RETURNING f.number, f.wkb),
    puts AS (SELECT o.* FROM feature o WHERE o.collection = :collection AND o.version <= :version
        AND o.ended > :version AND NOT EXISTS (SELECT FROM feature f WHERE f.collection = :collection
            AND f.ended = 2147483647 AND f.number = o.number AND f.etag = o.etag)),
    written AS (INSERT INTO feature (council, collection, version, number, fid, ended, wkb, bbox, properties,
            geojson, geojson_storage, valid_from, valid_to, etag, actor, reason, created_at)
        SELECT p.council, p.collection, :new, p.number, p.fid, 2147483647, p.wkb, p.bbox, p.properties,
            p.geojson, p.geojson_storage, p.valid_from, p.valid_to, p.etag, :actor, :reason, :created_at
        FROM puts p LEFT JOIN ends USING (number) RETURNING number, wkb)
    SELECT count(*) FILTER (WHERE e.number IS NULL) AS added,
        count(*) FILTER (WHERE e.number IS NOT NULL AND w.number IS NOT NULL) AS changed,
        count(*) FILTER (WHERE e.number IS NOT NULL AND w.number IS NOT NULL
            AND e.wkb IS DISTINCT FROM w.wkb) AS moved,
        count(*) FILTER (WHERE w.number IS NULL) AS deleted
    FROM written w FULL JOIN ends e USING (number)""").bindparams(
    bindparam("created_at", type_=DateTime(timezone=True))
)
# One statement, so that the rows and the version are of one moment.
_IN_MEMORY = """number, fid, ended, wkb, CAST(properties AS text) AS properties, etag,
    CAST(extract(epoch FROM valid_from) * 1000000 AS bigint) AS valid_from,
    CAST(extract(epoch FROM valid_to) * 1000000 AS bigint) AS valid_to,
    (SELECT c.version FROM collection c WHERE c.id = feature.collection) AS layer_version"""
_ALL_CURRENT = text(f"SELECT {_IN_MEMORY} FROM feature WHERE {_CURRENT} ORDER BY number")  # noqa: S608
_SINCE = text(f"""SELECT {_IN_MEMORY} FROM feature WHERE collection = :collection AND (version > :version
    OR ended > :version AND ended < 2147483647 AND version <= :version) ORDER BY number, ended""")  # noqa: S608
_SIZE = text(f"SELECT coalesce(sum(octet_length(wkb)), 0) FROM feature WHERE {_CURRENT}")  # noqa: S608
_TEXTS = text("""SELECT number, fid, geojson, geojson_storage, CAST(properties AS text) AS properties
    FROM feature WHERE collection = :collection AND version > :since AND version <= :version
    AND ended > :version AND number > :after ORDER BY number LIMIT :most""")
_AFTER = text(f"""SELECT {_STATE} FROM feature WHERE {_CURRENT} AND number > :after
    ORDER BY number LIMIT :most""")  # noqa: S608
_IN_BOX = text(f"""SELECT {_STATE} FROM feature WHERE {_CURRENT} AND number > :after AND {_MEETS_BOX}
    ORDER BY number LIMIT :most""")  # noqa: S608
_COUNT_IN_BOX = text(f"""SELECT count(*) FROM (SELECT FROM feature WHERE {_CURRENT} AND {_MEETS_BOX}
    LIMIT :most) AS counted""")  # noqa: S608
_MATCHING = f"SELECT {_STATE} FROM feature WHERE {_CURRENT} AND number > :after AND "  # noqa: S608 - a constant
_COUNT_MATCHING = f"SELECT count(*) FROM (SELECT FROM feature WHERE {_CURRENT} AND "  # noqa: S608 - as above
# `number + 0`: few features of a box are read by the box's index and sorted, never by walking all numbers.
_ENDS = {False: " ORDER BY number LIMIT :most", True: " ORDER BY number + 0 LIMIT :most"}
_ONE = text(f"SELECT {_STATE} FROM feature WHERE {_CURRENT} AND fid = :fid")  # noqa: S608
_BY_NUMBER = text(f"SELECT collection, {_STATE} FROM feature WHERE ended = 2147483647 AND number = :number")  # noqa: S608
_STATES = text(f"""SELECT {_STATE}, actor, reason, created_at FROM feature
    WHERE collection = :collection AND fid = :fid AND version < :before ORDER BY version DESC LIMIT :most""")  # noqa: S608
_PAGE_AT = text(f"""SELECT {_STATE} FROM feature WHERE {_AT} AND number > :after
    ORDER BY number LIMIT :most""")  # noqa: S608
# The last states of features that a version has not any more; they ended with the version that took them off.
# NOT IN is hashed, also without statistics.
_ENDED_AT = text(f"""SELECT DISTINCT ON (number) {_STATE} FROM feature WHERE collection = :collection
    AND ended <= :version AND version < ended AND number > :after
    AND number NOT IN (SELECT number FROM feature WHERE {_AT})
    ORDER BY number, version DESC LIMIT :most""")  # noqa: S608
_DIFFERENCES = text(f"""SELECT coalesce(a.number, b.number) AS number, coalesce(a.fid, b.fid) AS fid,
        CASE WHEN a.number IS NULL THEN 'added' WHEN b.number IS NULL THEN 'deleted'
            WHEN a.wkb IS DISTINCT FROM b.wkb THEN 'moved' ELSE 'changed' END AS change
    FROM (SELECT * FROM feature WHERE {_AT}) AS a
    FULL JOIN (SELECT * FROM feature WHERE collection = :collection AND version <= :other
        AND ended > :other) AS b USING (number)
    WHERE a.etag IS DISTINCT FROM b.etag AND coalesce(a.number, b.number) > :after
    ORDER BY 1 LIMIT :most""")  # noqa: S608


async def list_latest(session: Session, layer: UUID, fids: Sequence[str]) -> Sequence[Row[Any]]:
    """List the latest state of features, also of those that are gone."""
    return await session.all(_LATEST, {"collection": layer, "fids": list(fids)})


async def draw_numbers(session: Session, count: int) -> list[int]:
    """Draw numbers for new features."""
    return [row.number for row in await session.all(_NUMBERS, {"count": count})]


async def end_states(session: Session, layer: UUID, numbers: Sequence[int], version: int) -> int:
    """End current states with a version; return how many there were."""
    values = {"collection": layer, "numbers": list(numbers), "version": version}
    return await session.execute(_END, values)


async def insert_states(session: Session, common: Mapping[str, Any], rows: Mapping[str, list[Any]]) -> None:
    """Write states: what is common to all (council, collection, version, ended, actor, reason, created_at)
    and a list for each other column."""
    await session.execute(_INSERT, {**common, **rows})


async def restore(session: Session, layer: UUID, version: int, new: Mapping[str, Any]) -> Row[Any]:
    """Make a layer as it was at a version; ``new``: version, actor, reason and time. Count what changed."""
    values = {
        "collection": layer,
        "version": version,
        "new": new["version"],
        **{name: new[name] for name in ("actor", "reason", "created_at")},
    }
    row = await session.first(_RESTORE, values)
    if row is None:
        raise RuntimeError("an aggregate returned no row")
    return row


async def list_current(session: ReadSession, layer: UUID) -> Sequence[Row[Any]]:
    """List all current features of a layer, by number, as they are kept in memory."""
    return await session.all(_ALL_CURRENT, {"collection": layer})


async def list_since(session: ReadSession, layer: UUID, version: int) -> Sequence[Row[Any]]:
    """List the states that began after a version, and those of it that have ended, by number."""
    return await session.all(_SINCE, {"collection": layer, "version": version})


async def measure_size(session: ReadSession, layer: UUID) -> int:
    """Measure the bytes of a layer's current geometry."""
    return int(await session.scalar(_SIZE, {"collection": layer}))


async def list_texts(
    session: ReadSession, layer: UUID, versions: tuple[int, int], after: int, most: int
) -> Sequence[Row[Any]]:
    """List the GeoJSON and properties of the states of a version that are newer than another."""
    since, version = versions
    values = {"collection": layer, "since": since, "version": version, "after": after, "most": most}
    return await session.all(_TEXTS, values)


async def list_after(session: ReadSession, layer: UUID, after: int, most: int) -> Sequence[Row[Any]]:
    """List current features after a number."""
    return await session.all(_AFTER, {"collection": layer, "after": after, "most": most})


async def list_in_box(
    session: ReadSession, layer: UUID, box: tuple[float, float, float, float], after: int, most: int
) -> Sequence[Row[Any]]:
    """List current features after a number whose boxes meet a box in CRS84."""
    return await session.all(_IN_BOX, {**_to_values(layer, box), "after": after, "most": most})


async def count_in_box(
    session: ReadSession, layer: UUID, box: tuple[float, float, float, float], most: int
) -> int:
    """Count current features whose boxes meet a box in CRS84, up to a number."""
    return int(await session.scalar(_COUNT_IN_BOX, {**_to_values(layer, box), "most": most}))


def _to_values(layer: UUID, box: tuple[float, float, float, float]) -> dict[str, Any]:
    return {"collection": layer, **dict(zip(("west", "south", "east", "north"), box, strict=True))}


async def list_matching(
    session: ReadSession, layer: UUID, condition: str, parameters: Mapping[str, Any], *, by_place: bool
) -> Sequence[Row[Any]]:
    """List current features after a number that meet a condition on the columns of ``feature``.

    The condition is SQL of ours; its values are in ``parameters``, with ``after`` and ``most``.
    """
    statement = text(f"{_MATCHING}({condition}){_ENDS[by_place]}")
    return await session.all(statement, {**parameters, "collection": layer})


async def count_matching(
    session: ReadSession, layer: UUID, condition: str, parameters: Mapping[str, Any]
) -> int:
    """Count current features that meet a condition, up to ``most`` in ``parameters``."""
    statement = text(f"{_COUNT_MATCHING}({condition}) LIMIT :most) AS counted")
    return int(await session.scalar(statement, {**parameters, "collection": layer}))


async def get_current(session: ReadSession, layer: UUID, fid: str) -> Row[Any] | None:
    """Get a feature as it is."""
    return await session.first(_ONE, {"collection": layer, "fid": fid})


async def get_by_number(session: ReadSession, number: int) -> Row[Any] | None:
    """Get a feature as it is by its number, with the layer that has it."""
    return await session.first(_BY_NUMBER, {"number": number})


async def list_states(
    session: ReadSession, layer: UUID, fid: str, before: int, most: int
) -> Sequence[Row[Any]]:
    """List the states of a feature before a version, latest first; one that ended as it began: deleted."""
    return await session.all(_STATES, {"collection": layer, "fid": fid, "before": before, "most": most})


async def list_at(
    session: ReadSession, layer: UUID, version: int, after: int, most: int
) -> Sequence[Row[Any]]:
    """List the features that a layer had at a version, after a number."""
    values = {"collection": layer, "version": version, "after": after, "most": most}
    return await session.all(_PAGE_AT, values)


async def list_ended_at(
    session: ReadSession, layer: UUID, version: int, after: int, most: int
) -> Sequence[Row[Any]]:
    """List the last states of features that a layer had before a version and has not at it, by number."""
    values = {"collection": layer, "version": version, "after": after, "most": most}
    return await session.all(_ENDED_AT, values)


async def list_differences(
    session: ReadSession, layer: UUID, versions: tuple[int, int], after: int, most: int
) -> Sequence[Row[Any]]:
    """List what differs between two versions: number, fid, and added, deleted, moved or changed."""
    values = {"collection": layer, "version": versions[0], "other": versions[1], "after": after, "most": most}
    return await session.all(_DIFFERENCES, values)
