"""The audit: who changed what, for whom, by which credential, in the transaction of the change.

An entry is never changed, and PostgreSQL sees to it. Changes of personal data are kept apart, so that
``erase`` can remove them; the entry stays, with a salted digest of what was there. Both that and ``purge``,
for entries whose time to be kept is over, add an entry of their own.

An entry names its aggregate as events do: ``payments.payment`` and the id that is shown outside. Acts are the
service's words. Secrets are never recorded: say that one was made, and which generation.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from opentelemetry import trace
from sqlalchemy import ColumnElement, Row, Select, Text, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from chassis import clock, ids, tables
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.json_values import check_text

Changes = Mapping[str, Any]
"""Field -> [before, after], of the fields that changed."""

ERASED = "personal-data-erased"
PURGED = "entries-purged"
_ALL = "*"  # the aggregate_id of an entry about every aggregate of its kind
_MAX_ID = 200
_MAX_REASON = 500
_MAX_FIELDS = 100
_MAX_VALUE = 50_000  # characters of a value's JSON; of a longer one its length and digest are recorded
_PURGE_BATCH = 10_000
_UNSTORABLE = re.compile(r"\\u0000|[\ud800-\udfff]")  # in JSON; PostgreSQL takes neither
_COLUMNS = ", ".join(column.name for column in tables.audit.columns)
# Columns are named, so that a column of a later version takes its default.
_INSERT = f"""INSERT INTO audit ({_COLUMNS}) SELECT {_COLUMNS}
    FROM jsonb_populate_record(CAST(NULL AS audit), CAST(:entry AS jsonb))"""  # noqa: S608
_RECORD = text(_INSERT)
_RECORD_WITH_PERSONAL = text(f"""WITH entry AS ({_INSERT} RETURNING council, id)
    INSERT INTO audit_personal (council, id, salt, changes)
    SELECT council, id, :salt, CAST(:personal AS json) FROM entry""")  # noqa: S608
_ERASE = text("SELECT erase_audit(CAST(:entry AS jsonb))")
_WITH_PERSONAL = text("""SELECT DISTINCT a.aggregate_id FROM audit a
    JOIN audit_personal p ON p.council = a.council AND p.id = a.id
    WHERE a.council = :council AND a.aggregate = :aggregate AND a.aggregate_id = ANY(:ids)
    ORDER BY a.aggregate_id""").bindparams(bindparam("ids", type_=ARRAY(Text)))
_PURGE = text("SELECT purge_audit(CAST(:entry AS jsonb), :before, :most)")

_AUDIT, _PERSONAL = tables.audit.c, tables.audit_personal.c
_START = bindparam("start", type_=_AUDIT.id.type)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: the subject of a token, or a task of ours. ``credential`` is an id, never a secret."""

    kind: Literal["person", "staff", "client", "system"]
    subject: str
    credential: str | None = None
    for_whom: str | None = None
    mandate: str | None = None


def by_staff(caller: Caller) -> Actor:
    """Name the caller of an operation for a council's staff: a member of staff, or a machine of theirs."""
    return _name_caller(caller, "staff")


def by_person(caller: Caller) -> Actor:
    """Name the caller of an operation for residents: a person, or a delegate with the one they act for."""
    return _name_caller(caller, "person")


def by_system(task: str) -> Actor:
    """Name a task of ours: a job, a schedule, a consumer of events."""
    return Actor("system", task)


def _name_caller(caller: Caller, kind: Literal["person", "staff"]) -> Actor:
    if caller.delegated:
        return Actor("person", caller.actor, caller.client_id, caller.subject, caller.mandate)
    machine = caller.subject == caller.client_id  # a client, or an API key, which is its own client
    return Actor("client" if machine else kind, caller.subject, caller.client_id)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """List the fields that differ, each with its values before and after; None for what was not there."""
    pairs = {name: [before.get(name), after.get(name)] for name in {**before, **after}}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


async def record(
    session: Session,
    council: str,
    actor: Actor,
    act: str,
    aggregate: str,
    aggregate_id: str,
    *,
    changes: Changes | None = None,
    personal: Changes | None = None,
    reason: str | None = None,
    at: datetime | None = None,
) -> None:
    """Record an act, with one statement, when this transaction commits.

    ``personal``: changes of fields with personal data, also what somebody wrote in their own words.
    ``reason`` names nobody. A value over 50,000 characters is recorded by its length and digest. Raises
    ValueError for an id or reason that is too long or cannot be stored, and for too many fields.
    """
    entry = _make_entry(council, actor, act, aggregate, aggregate_id, reason, at) | {
        "changes": _bound(changes or {})
    }
    if not personal:
        await session.execute(_RECORD, {"entry": json.dumps(entry)})
        return
    salt, values = secrets.token_hex(16), json.dumps(_bound(personal))
    entry["personal_digest"] = f"\\x{hashlib.sha256((salt + values).encode()).hexdigest()}"
    parameters = {"entry": json.dumps(entry), "salt": salt, "personal": values}
    await session.execute(_RECORD_WITH_PERSONAL, parameters)


async def erase(
    session: Session, council: str, actor: Actor, aggregate: str, aggregate_id: str, *, reason: str
) -> int:
    """Erase the personal data in all entries of an aggregate, record that, and return how many had some.

    Lock the aggregate's row first: what another transaction is just recording is not erased.
    """
    entry = _make_entry(council, actor, ERASED, aggregate, aggregate_id, reason, None)
    return int(await session.scalar(_ERASE, {"entry": json.dumps(entry)}))


async def list_with_personal(
    session: ReadSession, council: str, aggregate: str, aggregate_ids: Sequence[str]
) -> Sequence[str]:
    """List which of these aggregates have entries with personal data that are not erased."""
    values = {"council": council, "aggregate": aggregate, "ids": list(aggregate_ids)}
    return [row.aggregate_id for row in await session.all(_WITH_PERSONAL, values)]


async def purge(
    session: Session, council: str, actor: Actor, aggregate: str, *, before: datetime, reason: str
) -> int:
    """Delete entries about a kind of aggregate from before a time, record that, and return how many.

    At most 10,000 at once: call it, each time in a transaction of its own, until there are none.
    """
    entry = _make_entry(council, actor, PURGED, aggregate, _ALL, reason, None)
    values = {"entry": json.dumps(entry), "before": before, "most": _PURGE_BATCH}
    return int(await session.scalar(_PURGE, values))


def _make_entry(
    council: str,
    actor: Actor,
    act: str,
    aggregate: str,
    aggregate_id: str,
    reason: str | None,
    at: datetime | None,
) -> dict[str, Any]:
    if not 0 < len(aggregate_id) <= _MAX_ID or len(reason or "") > _MAX_REASON:
        raise ValueError(f"an audited id has 1 to {_MAX_ID} characters, a reason up to {_MAX_REASON}")
    check_text(aggregate_id + (reason or ""))
    members = asdict(actor)
    span = trace.get_current_span().get_span_context()
    return {
        "council": council,
        "id": str(ids.new()),
        "aggregate": aggregate,
        "aggregate_id": aggregate_id,
        "act": act,
        "at": (at or clock.now()).isoformat(),
        "actor": members.pop("subject"),
        "actor_kind": members.pop("kind"),
        **members,
        "reason": reason,
        "trace_id": trace.format_trace_id(span.trace_id) if span.is_valid else None,
    }


def _bound(changes: Changes) -> dict[str, Any]:
    if len(changes) > _MAX_FIELDS or any(len(name) > _MAX_ID for name in changes):
        raise ValueError(f"an entry has {_MAX_FIELDS} fields at most, with names up to {_MAX_ID} characters")
    check_text("".join(changes))
    return {
        name: [*map(_bound_value, value)] if isinstance(value, list) else _bound_value(value)
        for name, value in changes.items()
    }


def _bound_value(value: Any) -> Any:
    """Make a value that JSON and PostgreSQL take: itself, or its length and digest."""
    as_json = json.dumps(value, default=str, ensure_ascii=False)
    if len(as_json) <= _MAX_VALUE and not _UNSTORABLE.search(as_json):
        return json.loads(as_json, parse_constant=str)  # JSON knows no infinity
    digest = hashlib.sha256(as_json.encode(errors="surrogatepass")).hexdigest()
    return {"characters": len(as_json), "sha256": digest}


def _page(condition: ColumnElement[bool], *, newest_first: bool) -> Select[Any]:
    personal = tables.audit_personal
    same = (_PERSONAL.council == _AUDIT.council) & (_PERSONAL.id == _AUDIT.id)
    return (
        select(tables.audit, _PERSONAL.changes.label("personal"))
        .select_from(tables.audit.outerjoin(personal, same))
        .where(_AUDIT.council == bindparam("council_"), condition)
        .where(_AUDIT.id < _START if newest_first else _AUDIT.id > _START)
        .order_by(_AUDIT.id.desc() if newest_first else _AUDIT.id)
        .limit(bindparam("most"))
    )


_OF_AGGREGATE = (_AUDIT.aggregate == bindparam("aggregate_")) & (_AUDIT.aggregate_id == bindparam("id_"))
_BY_AGGREGATE = {newest: _page(_OF_AGGREGATE, newest_first=newest) for newest in (True, False)}
_BY_ACTOR = _page(_AUDIT.actor == bindparam("actor_"), newest_first=True)
_ENDS = {True: UUID(int=2**128 - 1), False: UUID(int=0)}


async def list_by_aggregate(
    session: ReadSession,
    council: str,
    aggregate: str,
    aggregate_id: str,
    start: UUID | None,
    fetch: int,
    *,
    newest_first: bool = True,
) -> Sequence[Row[Any]]:
    """List the entries about an aggregate that follow entry ``start``; at most ``fetch``.

    A row has the columns of ``tables.audit``, and ``personal``: None when there is none, or no longer.
    """
    values = {"council_": council, "aggregate_": aggregate, "id_": aggregate_id, "most": fetch}
    return await session.all(_BY_AGGREGATE[newest_first], {**values, "start": start or _ENDS[newest_first]})


async def list_by_actor(
    session: ReadSession, council: str, actor: str, start: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List what somebody did, the newest first, as ``list_by_aggregate``."""
    values = {"council_": council, "actor_": actor, "most": fetch}
    return await session.all(_BY_ACTOR, {**values, "start": start or _ENDS[True]})
