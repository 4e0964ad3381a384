"""Statements of the areas of postcodes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Text, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from address.postcodes.tables import outcode_area, postcode_area
from chassis.database import Session

_O, _P = outcode_area.c, postcode_area.c
_INSERT_OUTCODE = insert(outcode_area)
_SET_OUTCODE = _INSERT_OUTCODE.on_conflict_do_update(
    index_elements=["council", "id"],
    set_={name: _INSERT_OUTCODE.excluded[name] for name in ("outcode", "sequence", "searched", "as_of")},
    where=or_(_O.sequence < _INSERT_OUTCODE.excluded.sequence, bindparam("p_snapshot")),
)
_POSTCODES = bindparam("p_postcodes", type_=ARRAY(Text))
_DELETE_OTHERS = delete(postcode_area).where(
    _P.council == bindparam("p_council"),
    _P.outcode == bindparam("p_outcode"),
    _P.postcode != func.all(_POSTCODES),
)
_NEW = insert(postcode_area).from_select(
    ["council", "outcode", "postcode", "areas"],
    select(
        bindparam("p_council", type_=Text),
        bindparam("p_outcode", type_=_P.outcode.type),
        func.unnest(_POSTCODES),
        func.unnest(bindparam("p_areas", type_=ARRAY(Text))).cast(JSONB),
    ),
)
_SET_POSTCODES = _NEW.on_conflict_do_update(
    index_elements=["council", "postcode"],
    set_={name: _NEW.excluded[name] for name in ("outcode", "areas")},
)
_GET_AREAS = """SELECT p.areas, o.searched, o.as_of FROM postcode_area p
    JOIN outcode_area o ON o.council = p.council AND o.id = p.outcode
    WHERE p.council = $1 AND p.postcode = $2"""


async def set_outcode(
    session: Session, council: str, outcode: UUID, values: Mapping[str, Any], *, is_snapshot: bool
) -> bool:
    """Write what is known of an outcode; False if what there is is of a later event."""
    row = {**values, "council": council, "id": outcode, "p_snapshot": is_snapshot}
    return await session.execute(_SET_OUTCODE, row) > 0


async def delete_others(session: Session, council: str, outcode: UUID, postcodes: Sequence[str]) -> None:
    """Delete the areas of an outcode's postcodes but of these."""
    values = {"p_council": council, "p_outcode": outcode, "p_postcodes": list(postcodes)}
    await session.execute(_DELETE_OTHERS, values)


async def set_postcodes(
    session: Session, council: str, outcode: UUID, areas: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write the areas of an outcode's postcodes."""
    texts = [json.dumps(each, separators=(",", ":")) for each in areas.values()]
    values = {"p_council": council, "p_outcode": outcode, "p_postcodes": list(areas), "p_areas": texts}
    await session.execute(_SET_POSTCODES, values)


async def get_areas(pool: asyncpg.Pool, council: str, postcode: str) -> asyncpg.Record | None:
    """Get the areas of a postcode, and what was searched for them."""
    return await pool.fetchrow(_GET_AREAS, council, postcode)
