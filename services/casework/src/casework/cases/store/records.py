"""Statements of cases, their history, clocks and roles."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Insert,
    LargeBinary,
    Row,
    Text,
    Update,
    bindparam,
    exists,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from casework.cases.tables import (
    REFUND_DUE,
    case_clock,
    case_contact,
    case_entry,
    case_entry_personal,
    case_personal,
    case_place,
    case_record,
)
from chassis.database import ReadSession, Session

_CASE, _ENTRY = case_record.c, case_entry.c
_LIST = select(
    *(_CASE.id, _CASE.reference, _CASE.code, _CASE.type_version, _CASE.state, _CASE.result, _CASE.team),
    *(_CASE.assignee, _CASE.opened_at, _CASE.closed_at, _CASE.due_at, _CASE.queued_at, _CASE.version),
)
_JOINED = (
    select(
        case_record,
        case_personal.c.fields.label("personal"),
        *(case_contact.c.email, case_contact.c.phone, case_contact.c.language),
        *(case_place.c.lat, case_place.c.long, case_place.c.usrn),
    )
    .outerjoin(
        case_personal,
        (case_personal.c.council == _CASE.council) & (case_personal.c.case_id == _CASE.id),
    )
    .outerjoin(
        case_contact,
        (case_contact.c.council == _CASE.council) & (case_contact.c.case_id == _CASE.id),
    )
    .outerjoin(case_place, (case_place.c.council == _CASE.council) & (case_place.c.case_id == _CASE.id))
)
_WITH_PERSONAL = _JOINED.where(_CASE.council == bindparam("council"), _CASE.id == bindparam("case_id"))
_FIND = _WITH_PERSONAL.where(_CASE.mode == bindparam("mode"))
_LAST_ENTRY = (
    select(_ENTRY.digest)
    .where(_ENTRY.council == _CASE.council, _ENTRY.case_id == _CASE.id, _ENTRY.n == _CASE.version)
    .scalar_subquery()
)
_LOCK = _WITH_PERSONAL.add_columns(_LAST_ENTRY.label("last_digest")).with_for_update(of=case_record)
_RUNNING = (
    _JOINED.where(
        _CASE.council == bindparam("council"),
        _CASE.id > bindparam("after"),
        exists().where(
            case_clock.c.council == _CASE.council,
            case_clock.c.case_id == _CASE.id,
            case_clock.c.due_at.isnot(None) | case_clock.c.uncomputed.isnot(None),
        ),
    )
    .order_by(_CASE.id)
    .limit(bindparam("most"))
)
_FIND_SUBMISSION = select(_CASE.id).where(
    _CASE.council == bindparam("council"),
    _CASE.mode == bindparam("mode"),
    _CASE.submission == bindparam("submission"),
)
_FIND_REFERENCE = select(_CASE.id).where(
    _CASE.council == bindparam("council"),
    _CASE.mode == bindparam("mode"),
    _CASE.reference == bindparam("reference"),
)
_LAST_DIGEST = (
    select(_ENTRY.digest)
    .where(_ENTRY.council == bindparam("council"), _ENTRY.case_id == bindparam("case_id"))
    .order_by(_ENTRY.n.desc())
    .limit(1)
)
_HISTORY = (
    select(case_entry, case_entry_personal.c.changes, case_entry_personal.c.salt)
    .outerjoin(
        case_entry_personal,
        (case_entry_personal.c.council == _ENTRY.council)
        & (case_entry_personal.c.case_id == _ENTRY.case_id)
        & (case_entry_personal.c.n == _ENTRY.n),
    )
    .where(
        _ENTRY.council == bindparam("council"),
        _ENTRY.case_id == bindparam("case_id"),
        _ENTRY.n > bindparam("after"),
    )
    .order_by(_ENTRY.n)
    .limit(bindparam("fetch"))
)
_COUNT = text("""SELECT count(*) FROM case_record c
    LEFT JOIN case_personal p ON p.council = c.council AND p.case_id = c.id
    WHERE c.council = :council AND c.mode = :mode AND c.code = :code AND c.id <> :without
    AND (cardinality(:states) = 0 OR c.state = ANY (:states))
    AND (c.engine -> 'fields') @> CAST(:equal AS jsonb)
    AND (CAST(:equal_apart AS jsonb) = '{}' OR p.fields @> CAST(:equal_apart AS jsonb))
    AND (:year_of = '' OR :year
        = left(coalesce(c.engine -> 'fields' ->> :year_of, p.fields ->> :year_of), 4))""").bindparams(
    bindparam("states", type_=ARRAY(Text))
)
_OWN = (_CASE.council == bindparam("council_")) & (_CASE.id == bindparam("id_"))
_INSERT_ENTRY = insert(case_entry)
_NEW_ENTRY = (
    _INSERT_ENTRY.values({column.key: bindparam(f"p_{column.key}", type_=column.type) for column in _ENTRY})
    .returning(_ENTRY.council, _ENTRY.case_id, _ENTRY.n)
    .cte("new_entry")
    .c
)
_INSERT_ENTRY_APART = insert(case_entry_personal).from_select(
    ["council", "case_id", "n", "salt", "changes"],
    select(
        *(_NEW_ENTRY.council, _NEW_ENTRY.case_id, _NEW_ENTRY.n),
        *(bindparam("salt_", type_=LargeBinary), bindparam("changes_", type_=Text)),
    ),
)
_UPSERT_PERSONAL = upsert(case_personal)
_SAVE_PERSONAL = _UPSERT_PERSONAL.on_conflict_do_update(
    index_elements=["council", "case_id"], set_={"fields": _UPSERT_PERSONAL.excluded.fields}
)
# All clocks of a decision in one statement: each has the columns of the table, as JSON.
_SAVE_CLOCKS = text("""
    INSERT INTO case_clock (council, id, case_id, clock, version, due_on, due_at, breached_at, uncomputed)
    SELECT council, id, case_id, clock, version, due_on, due_at, breached_at, uncomputed
    FROM jsonb_populate_recordset(NULL::case_clock, CAST(:rows AS jsonb))
    ON CONFLICT (council, case_id, clock) DO UPDATE SET due_on = excluded.due_on, due_at = excluded.due_at,
        breached_at = excluded.breached_at, uncomputed = excluded.uncomputed,
        version = case_clock.version + 1""")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of cases shows. ``equal``: column -> value. ``roles``: which restricted cases too."""

    is_open: bool
    equal: Mapping[str, Any]
    roles: Collection[str]
    is_unassigned: bool = False
    due_until: datetime | None = None  # those whose deadline was over at this moment
    is_refund_due: bool = False  # open ones and closed ones, unless is_open is False


async def find_case(session: ReadSession, council: str, mode: str, case_id: UUID) -> Row[Any] | None:
    """Find a case with its personal fields."""
    return await session.first(_FIND, {"council": council, "mode": mode, "case_id": case_id})


async def lock_case(session: Session, council: str, case_id: UUID) -> Row[Any] | None:
    """Lock a case of either mode until the transaction ends."""
    return await session.first(_LOCK, {"council": council, "case_id": case_id})


async def list_running(session: ReadSession, council: str, after: UUID, most: int) -> Sequence[Row[Any]]:
    """List cases with clocks that run, or that could not be computed, of either mode; nothing is locked."""
    return await session.all(_RUNNING, {"council": council, "after": after, "most": most})


async def find_by_submission(session: ReadSession, council: str, mode: str, submission: str) -> UUID | None:
    """Find the case that a submission opened."""
    case_id: UUID | None = await session.scalar(
        _FIND_SUBMISSION, {"council": council, "mode": mode, "submission": submission}
    )
    return case_id


async def find_by_reference(session: ReadSession, council: str, mode: str, reference: str) -> UUID | None:
    """Find a case by its reference, without separators."""
    case_id: UUID | None = await session.scalar(
        _FIND_REFERENCE, {"council": council, "mode": mode, "reference": reference}
    )
    return case_id


async def insert_case(session: Session, row: Mapping[str, Any], personal: Mapping[str, Any]) -> bool:
    """Write a new case; False if its submission has opened one: a race waits here for the first."""
    params = {f"p_{name}": value for name, value in row.items()}
    return await session.execute(_make_insert(tuple(row)), {**params, "personal_": dict(personal)}) > 0


@cache
def _make_insert(names: Sequence[str]) -> Insert:
    new_case = (
        upsert(case_record)
        .values({name: bindparam(f"p_{name}", type_=_CASE[name].type) for name in names})
        .on_conflict_do_nothing(index_elements=["council", "mode", "submission"])
        .returning(_CASE.council, _CASE.id)
        .cte("new_case")
        .c
    )
    columns = select(new_case.council, new_case.id, bindparam("personal_", type_=JSONB))
    return insert(case_personal).from_select(["council", "case_id", "fields"], columns)


async def update_case(
    session: Session,
    council: str,
    case_id: UUID,
    values: Mapping[str, Any],
    personal: Mapping[str, Any] | None = None,
) -> None:
    """Change a locked case. ``personal``: its fields that lie apart, where they changed."""
    params = {f"p_{name}": value for name, value in values.items()}
    await session.execute(_make_update(tuple(values)), {"council_": council, "id_": case_id, **params})
    if personal is not None:
        await _save_personal(session, council, case_id, personal)


@cache
def _make_update(names: Sequence[str]) -> Update:
    new = {name: bindparam(f"p_{name}", type_=_CASE[name].type) for name in names}
    return update(case_record).where(_OWN).values(new)


async def _save_personal(session: Session, council: str, case_id: UUID, fields: Mapping[str, Any]) -> None:
    await session.execute(_SAVE_PERSONAL, {"council": council, "case_id": case_id, "fields": dict(fields)})


async def find_last_digest(session: ReadSession, council: str, case_id: UUID) -> bytes | None:
    """Find the digest of the last entry of a case's history."""
    digest: bytes | None = await session.scalar(_LAST_DIGEST, {"council": council, "case_id": case_id})
    return digest


async def insert_entry(session: Session, row: Mapping[str, Any], personal: Mapping[str, Any] | None) -> None:
    """Write an entry of a case's history, and what of it is personal."""
    if personal is None:
        await session.execute(_INSERT_ENTRY, row)
    else:
        apart = {"salt_": personal["salt"], "changes_": personal["changes"]}
        params = {f"p_{name}": value for name, value in row.items()}
        await session.execute(_INSERT_ENTRY_APART, {**params, **apart})


async def list_history(
    session: ReadSession, council: str, case_id: UUID, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List a case's history from the beginning."""
    return await session.all(
        _HISTORY, {"council": council, "case_id": case_id, "after": after, "fetch": fetch}
    )


async def save_clocks(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write clocks as they are now."""
    if rows:
        await session.execute(_SAVE_CLOCKS, {"rows": json.dumps(rows, default=str)})


async def list_cases(
    session: ReadSession,
    council: str,
    mode: str,
    filters: Filters,
    after: tuple[datetime, UUID] | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List open cases, the first due first; or closed ones, the last closed first.

    Those with a refund due are few: open ones, the first due first, and closed ones after them.
    ``after``: the moment and id of the last row of the page before.
    """
    statement = _LIST.where(_CASE.council == council, _CASE.mode == mode)
    statement = statement.where(_CASE.restricted.is_(None) | _CASE.restricted.in_(filters.roles))
    for name, value in filters.equal.items():
        statement = statement.where(_CASE[name] == value)
    if filters.is_unassigned:
        statement = statement.where(_CASE.assignee.is_(None))
    if filters.due_until is not None:
        statement = statement.where(_CASE.queued_at <= filters.due_until)
    if filters.is_refund_due:
        statement = statement.where(REFUND_DUE)
        if not filters.is_open:
            statement = statement.where(_CASE.closed_at.isnot(None))
    elif filters.is_open:
        statement = statement.where(_CASE.closed_at.is_(None))
    if filters.is_open or filters.is_refund_due:
        key = tuple_(_CASE.queued_at, _CASE.id)
        page = statement.order_by(_CASE.queued_at, _CASE.id)
        rows = page if after is None else page.where(key > tuple_(*after))
    else:
        key = tuple_(_CASE.closed_at, _CASE.id)
        page = statement.where(_CASE.closed_at.isnot(None))
        page = page.order_by(_CASE.closed_at.desc(), _CASE.id.desc())
        rows = page if after is None else page.where(key < tuple_(*after))
    return await session.all(rows.limit(fetch))


async def list_chosen(
    session: ReadSession, council: str, mode: str, roles: Collection[str], chosen: Collection[UUID]
) -> Sequence[Row[Any]]:
    """List the cases of these ids, as ``list_cases`` has them."""
    statement = _LIST.where(_CASE.council == council, _CASE.mode == mode, _CASE.id.in_(chosen))
    visible = _CASE.restricted.is_(None) | _CASE.restricted.in_(roles)
    return await session.all(statement.where(visible).order_by(_CASE.queued_at, _CASE.id))


@dataclass(frozen=True, slots=True)
class Counted:
    """Which cases to count: of a type, with equal fields, in any of the states, of a year by a date field."""

    code: str
    equal: Mapping[str, Any]
    equal_apart: Mapping[str, Any]
    states: Sequence[str]
    year_of: str
    year: int


async def count_cases(session: ReadSession, council: str, mode: str, without: UUID, counted: Counted) -> int:
    """Count cases but for one."""
    params = {
        "council": council,
        "mode": mode,
        "without": without,
        "code": counted.code,
        "equal": json.dumps(counted.equal),
        "equal_apart": json.dumps(counted.equal_apart),
        "states": list(counted.states),
        "year_of": counted.year_of,
        "year": str(counted.year),
    }
    return int(await session.scalar(_COUNT, params))
