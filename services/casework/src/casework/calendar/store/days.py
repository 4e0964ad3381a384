"""SQL of the days that count: all that a council's calendars are made of but its school terms."""

from typing import NamedTuple

from sqlalchemy import text

from chassis.database import ReadSession

# As text, so that calendars made of the same days are found again without reading them.
_DAYS = text("""
    SELECT c.gss,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(x.first_day, x.last_day, x.name, x.name_cy)
                ORDER BY x.id), '[]')::text
            FROM (SELECT * FROM closure WHERE council = :council ORDER BY id LIMIT :most) AS x) AS closures,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(p.day, p.divisions, p.added, p.name, p.name_cy,
                p.source, p.reason) ORDER BY p.id), '[]')::text FROM proclamation p) AS proclamations
    FROM council c WHERE c.slug = :council""")


class Days(NamedTuple):
    """What calendars are made of. ``closures`` and ``proclamations`` are JSON texts."""

    gss: str | None
    closures: str = "[]"
    proclamations: str = "[]"


async def find_days(session: ReadSession, slug: str, most: int) -> Days:
    """Find a council's GSS code, at most so many closures, and the region's proclamations."""
    row = await session.first(_DAYS, {"council": slug, "most": most})
    return Days(None) if row is None else Days._make(row)
