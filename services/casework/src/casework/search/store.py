"""The statements of searches.

By words cases are found in a function, for under row-level security PostgreSQL uses no index for words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Double, Integer, Row, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from chassis.database import ReadSession

_MOMENT = TIMESTAMP(timezone=True)
_SEARCH = text("""SELECT c.id, c.reference, c.code, c.type_version, c.state, c.result, c.team, c.assignee,
        c.opened_at, c.closed_at, c.due_at, c.version
    FROM search_cases(:mode, CAST(CAST(:open_words AS text) AS tsquery),
        CAST(CAST(:all_words AS text) AS tsquery), :selves, :roles, :code, :state, :team, :assignee,
        CAST(:is_closed AS boolean), :overdue_at, :opened_from, :opened_before, :before, :fetch) AS found
    JOIN case_record c ON c.council = :council AND c.id = found.case_id
    ORDER BY c.id DESC""").bindparams(
    bindparam("selves", type_=ARRAY(Text)),
    bindparam("roles", type_=ARRAY(Text)),
    *(bindparam(name, type_=Text) for name in ("code", "state", "team", "assignee")),
    *(bindparam(name, type_=_MOMENT) for name in ("overdue_at", "opened_from", "opened_before")),
    bindparam("before", type_=Uuid),
)


@dataclass(frozen=True, slots=True)
class WordSearch:
    """Queries of words: ``open_words`` for what everybody here may read, ``all_words`` with notes too.

    By notes nobody finds the case that is about them: ``selves`` are who reads.
    """

    open_words: str
    all_words: str
    selves: Sequence[str]
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases to show. None: any."""

    code: str | None = None
    state: str | None = None
    team: str | None = None
    assignee: str | None = None
    is_closed: bool | None = None
    overdue_at: datetime | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None


async def search_cases(
    session: ReadSession,
    council: str,
    mode: str,
    search: WordSearch,
    filters: Filters,
    before: UUID | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """Find cases, the newest first. ``before``: the id of the last row of the page before."""
    params: Mapping[str, Any] = {"council": council, "mode": mode, "before": before, "fetch": fetch}
    return await session.all(_SEARCH, {**params, **asdict(search), **asdict(filters)})


_NEARBY = text("""SELECT c.id, c.reference, c.code, c.state, c.result, c.team, c.assignee, c.opened_at,
        c.closed_at, c.due_at, c.version, c.uprn, p.usrn, p.lat, p.long
    FROM case_record c LEFT JOIN case_place p ON p.council = c.council AND p.case_id = c.id
    WHERE c.council = :council AND c.mode = :mode AND c.code = ANY(:codes) AND c.opened_at >= :since
    AND c.id IS DISTINCT FROM :without AND (c.engine -> 'fields') @> :same
    AND (c.restricted IS NULL OR c.restricted = ANY(:roles))
    AND c.id IN (
        SELECT id FROM case_record WHERE council = :council AND uprn = :uprn
        UNION SELECT case_id FROM case_place WHERE council = :council AND usrn = :usrn
        UNION SELECT case_id FROM case_place
            WHERE council = :council AND lat BETWEEN :south AND :north AND long BETWEEN :west AND :east)
    ORDER BY c.id DESC LIMIT :most""").bindparams(
    bindparam("codes", type_=ARRAY(Text)),
    bindparam("roles", type_=ARRAY(Text)),
    bindparam("without", type_=Uuid),
    bindparam("same", type_=JSONB),
    bindparam("uprn", type_=BigInteger),
    bindparam("usrn", type_=Integer),
    *(bindparam(side, type_=Double) for side in ("south", "north", "west", "east")),
)


@dataclass(frozen=True, slots=True)
class Nearby:
    """Which cases may be about the same: of these types, since then, at this property, street or box.

    ``same``: fields that lie with the case's row, and their values.
    """

    codes: Sequence[str]
    since: datetime
    roles: Sequence[str]
    uprn: int | None
    usrn: int | None
    box: Sequence[float] | None
    without: UUID | None = None
    same: Mapping[str, Any] = field(default_factory=dict)


async def list_nearby(
    session: ReadSession, council: str, mode: str, nearby: Nearby, most: int
) -> Sequence[Row[Any]]:
    """List cases nearby, the newest first."""
    values = asdict(nearby)
    box = values.pop("box") or (None,) * 4
    sides = dict(zip(("south", "north", "west", "east"), box, strict=True))
    return await session.all(_NEARBY, {"council": council, "mode": mode, "most": most, **values, **sides})
