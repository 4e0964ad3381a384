"""All that hangs on a case, in one statement: its clocks, tasks, links and payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import bindparam, text

from casework.cases.tables import case_record
from chassis.database import ReadSession

_MOST_LINKS, _MOST_PAYMENTS = 200, 50
_LINKED = """SELECT l.link, l.kind, l.relation, l.at, {outward} AS outward, c.id AS other, c.reference,
        c.code, c.state, c.restricted
    FROM case_link l JOIN case_record c ON c.council = l.council AND c.id = l.{other}
    WHERE l.council = :council AND l.{near} = :case_id"""
_LINKS = " UNION ALL ".join(
    _LINKED.format(outward=outward, near=near, other=other)
    for outward, near, other in (("true", "case_id", "other_id"), ("false", "other_id", "case_id"))
)
_OF_CASE = "WHERE council = :council AND case_id = :case_id"
_DETAILS = text(f"""SELECT jsonb_build_object(
    'clocks', (SELECT coalesce(jsonb_agg(x ORDER BY x.clock), '[]') FROM case_clock x {_OF_CASE}),
    'tasks', (SELECT coalesce(jsonb_agg(x ORDER BY x.task), '[]') FROM case_task x {_OF_CASE}),
    'links', (SELECT coalesce(jsonb_agg(x ORDER BY x.at, x.other), '[]')
        FROM ({_LINKS} LIMIT {_MOST_LINKS}) x),
    'payments', (SELECT coalesce(jsonb_agg(x.subject ORDER BY x.at, x.subject), '[]')
        FROM (SELECT subject, at FROM case_event {_OF_CASE} AND type = 'payments.payment.succeeded.v1'
            ORDER BY at, subject LIMIT {_MOST_PAYMENTS}) x))::text""").bindparams(  # noqa: S608 - constants
    bindparam("case_id", type_=case_record.c.id.type)
)


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock as it is now."""

    clock: str
    due_on: date | None
    due_at: datetime | None
    breached_at: datetime | None
    uncomputed: str | None


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as it is now."""

    task: str
    role: str
    status: str
    outcome: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link with the other case. ``outward``: this case made it."""

    link: str
    kind: str
    relation: str
    at: datetime
    outward: bool
    other: UUID
    reference: str
    code: str
    state: str
    restricted: str | None


@dataclass(frozen=True, slots=True)
class Details:
    """What hangs on a case. ``payments``: ids of those that it has had, the first one first."""

    clocks: Sequence[ClockRow]
    tasks: Sequence[TaskRow]
    links: Sequence[LinkRow]
    payments: Sequence[str]


_details = TypeAdapter(Details)


async def read_details(session: ReadSession, council: str, case_id: UUID) -> Details:
    """Read what hangs on a case: at most 200 links and 50 payments."""
    document: str = await session.scalar(_DETAILS, {"council": council, "case_id": case_id})
    return _details.validate_json(document)
