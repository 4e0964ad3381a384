"""Statements of postcodes' areas."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Row, Text, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import ReadSession, Session
from mapping.postcode_areas.tables import area_survey, outcode_areas

_O, _S = outcode_areas.c, area_survey.c
_TYPES = bindparam("types", type_=ARRAY(Text))
_VERSIONS = """SELECT coalesce(jsonb_object_agg(o.id::text, o.version), '{}') FROM collection o
    WHERE o.kind = 'areas' AND o.status = 'published' AND o.audience = 'public'
    AND o.area_type = ANY(:types) AND o.council IN ('region', """
_GET_VERSIONS = text(f"SELECT ({_VERSIONS} :council)) AS layers, now() AS moment").bindparams(_TYPES)
# Who has no properties is not surveyed.
_LIST_STALE = text(f"""SELECT c.slug FROM council c LEFT JOIN area_survey s ON s.council = c.slug
    WHERE c.status = 'active' AND (s.due_at <= :now
        OR EXISTS (SELECT FROM property_point p WHERE p.council = c.slug AND p.postcode IS NOT NULL
            AND p.updated_at > coalesce(s.points_at, '-infinity'))
        OR s.council IS NOT NULL AND s.layers IS DISTINCT FROM ({_VERSIONS} c.slug)))""").bindparams(  # noqa: S608
    _TYPES, bindparam("now", type_=DateTime(timezone=True))
)
_GET_SURVEY = select(area_survey).where(_S.council == bindparam("council"))
_INSERT_SURVEY = insert(area_survey)
_SET_SURVEY = _INSERT_SURVEY.on_conflict_do_update(
    index_elements=["council"],
    set_={name: _INSERT_SURVEY.excluded[name] for name in ("layers", "points_at", "due_at")},
)
_LIST_OUTCODES = select(_O.outcode).where(_O.council == bindparam("council"))
_LOCK_OUTCODE = (
    select(outcode_areas)
    .where(_O.council == bindparam("council"), _O.outcode == bindparam("outcode"))
    .with_for_update()
)
_INSERT_OUTCODE = insert(outcode_areas)
_UPDATE_OUTCODE = (
    update(outcode_areas)
    .where(_O.council == bindparam("p_council"), _O.id == bindparam("p_id"))
    .values(version=bindparam("p_version"), content=bindparam("p_content"), as_of=bindparam("p_as_of"))
)
_LOCK_PAGE = text("""SELECT council, id, version, content, as_of FROM outcode_areas
    WHERE (council, id) > (:council, :id) ORDER BY council, id LIMIT :most FOR SHARE""")


async def get_versions(session: ReadSession, council: str, types: Sequence[str]) -> Row[Any] | None:
    """Get the versions of the layers of some types that a council has, by id, and the moment."""
    return await session.first(_GET_VERSIONS, {"council": council, "types": list(types)})


async def list_stale(session: Session, types: Sequence[str], now: datetime) -> list[str]:
    """List the councils whose last survey is not of what there is now."""
    return [row.slug for row in await session.all(_LIST_STALE, {"types": list(types), "now": now})]


async def get_survey(session: ReadSession, council: str) -> Row[Any] | None:
    """Get what the last survey of a council read."""
    return await session.first(_GET_SURVEY, {"council": council})


async def set_survey(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Write what a survey of a council read."""
    await session.execute(_SET_SURVEY, {**values, "council": council})


async def list_outcodes(session: ReadSession, council: str) -> list[str]:
    """List the outcodes that address was told of."""
    return [row.outcode for row in await session.all(_LIST_OUTCODES, {"council": council})]


async def lock_outcode(session: Session, council: str, outcode: str) -> Row[Any] | None:
    """Lock what address was told of an outcode."""
    return await session.first(_LOCK_OUTCODE, {"council": council, "outcode": outcode})


async def insert_outcode(session: Session, values: Mapping[str, Any]) -> None:
    """Write the areas of an outcode that was not told before."""
    await session.execute(_INSERT_OUTCODE, values)


async def update_outcode(session: Session, council: str, outcode: UUID, values: Mapping[str, Any]) -> None:
    """Write the areas of a locked outcode: version, content and moment."""
    params = {f"p_{name}": value for name, value in values.items()}
    await session.execute(_UPDATE_OUTCODE, {**params, "p_council": council, "p_id": outcode})


async def lock_page(session: Session, council: str, outcode: UUID, most: int) -> Sequence[Row[Any]]:
    """Lock the outcodes after one of a council, of all councils."""
    return await session.all(_LOCK_PAGE, {"council": council, "id": outcode, "most": most})
