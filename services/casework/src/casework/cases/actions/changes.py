"""Write all that follows from an act on a case, in one transaction."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework import events
from casework.bookings.actions import slots
from casework.cases import rules
from casework.cases.actions import messages, timers
from casework.cases.actions.plans import Plan, RefusedActError
from casework.cases.actions.subjects import Place, Subject, describe_place
from casework.cases.store import contacts, links, tasks
from casework.cases.store import records as store
from casework.holdings.actions import write_holdings
from casework.model.rules.acts import Decision, Reason, Refusal
from casework.shared.references import format_reference
from casework.shared.words import Words
from casework.teams.actions.routing import find_team
from casework.word_index.actions import index_case
from chassis import clock, ids, outbox
from chassis.database import Session
from chassis.events import EventData

FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""Where a case without a deadline stands in queues: at their end."""
_SALT_BYTES = 16
_FULL = Words(
    "Somebody else has taken the last place. Choose another time.",
    "Mae rhywun arall wedi cymryd y lle olaf. Dewiswch amser arall.",
)
_NO_SUCH_SLOT = Words(
    "This time cannot be booked. Choose another.", "Ni ellir archebu'r amser hwn. Dewiswch un arall."
)


async def apply(session: Session, subject: Subject, plan: Plan, actor: Mapping[str, str]) -> None:
    """Write what an act made of a case that is there: its row, and all that follows."""
    decision, apart = plan.decision, rules.list_apart(subject.version.bound.case_type)
    team = await _route(session, subject, decision)
    values = {**describe_row(subject, decision, apart), "team": team}
    _, personal = rules.split_fields(decision.state.fields, apart)
    changed_apart = personal if apart.intersection(decision.changes) else None
    await store.update_case(session, subject.council, subject.id, values, changed_apart)
    if decision.changes:
        await _index(session, subject, decision)
    await _write_consequences(session, subject, plan, actor, apart, team)


async def open_new(
    session: Session,
    subject: Subject,
    plan: Plan,
    actor: Mapping[str, str],
    *,
    uprn: int | None = None,
    place: Place | None = None,
) -> bool:
    """Write a new case and all that follows; False if its submission has opened one."""
    decision, case_type = plan.decision, subject.version.bound.case_type
    property_id = uprn or subject.uprn or rules.find_uprn(case_type, decision.state.fields)
    subject = replace(subject, uprn=property_id, place=place or subject.place)
    apart, team = rules.list_apart(case_type), await _route(session, subject, decision)
    _, personal = rules.split_fields(decision.state.fields, apart)
    row = {
        **describe_row(subject, decision, apart),
        "council": subject.council,
        "id": subject.id,
        "reference": subject.reference,
        "mode": subject.mode,
        "type_version": subject.version.id,
        "code": case_type.code,
        "team": team,
        "person": subject.person,
        "restricted": subject.restricted,
        "submission": subject.submission,
        "uprn": subject.uprn,
        "created_by": dict(actor),
        "opened_at": subject.opened_at,
    }
    if not await store.insert_case(session, row, personal):
        return False
    await _index(session, subject, decision)
    if subject.submission is not None:
        await timers.enqueue_join(session, subject.council, subject.submission)
    if subject.place is not None:
        await contacts.add_place(session, subject.council, subject.id, subject.place)
    if subject.contact is not None:
        await contacts.save_contact(session, subject.council, subject.id, subject.contact)
    await _write_consequences(session, subject, plan, actor, apart, team)
    return True


async def _index(session: Session, subject: Subject, decision: Decision) -> None:
    case_type, fields = subject.version.bound.case_type, decision.state.fields
    await index_case(session, subject.council, subject.id, subject.reference, case_type, fields)


def describe_row(subject: Subject, decision: Decision, apart: frozenset[str]) -> dict[str, Any]:
    """Describe the row of a case after a decision."""
    state, case_type = decision.state, subject.version.bound.case_type
    document = state.to_json()
    document["fields"], _ = rules.split_fields(state.fields, apart)
    due_at = rules.find_first_due(state)
    is_over = case_type.states[state.state].end
    was_over = state.state == subject.state.state and is_over
    return {
        "state": state.state,
        "result": state.result,
        "engine": document,
        "version": state.sequence,
        "due_at": None if is_over else due_at,
        "queued_at": due_at or FAR,
        **({} if was_over else {"closed_at": decision.act.at if is_over else None}),
        "changed_at": decision.act.at,
        "dispose_on": rules.find_disposal_day(case_type, decision),
    }


async def _route(session: Session, subject: Subject, decision: Decision) -> str | None:
    """Find the team of a case that is new, or whose area changed; of any other the one that it has."""
    case_type = subject.version.bound.case_type
    is_new = subject.state.sequence == 0
    if not is_new and case_type.routing not in decision.changes:
        return subject.team
    area = decision.state.fields.get(case_type.routing)
    team = await find_team(session, subject.council, case_type, [] if area is None else [str(area)])
    return team or subject.team


async def _write_consequences(
    session: Session,
    subject: Subject,
    plan: Plan,
    actor: Mapping[str, str],
    apart: frozenset[str],
    team: str | None,
) -> None:
    """Write what follows from a decision: history, clocks, tasks, timers, messages, other cases, event."""
    decision = plan.decision
    entry = rules.make_entry(subject.state, decision, actor, apart)
    if team != subject.team:
        old = {} if subject.team is None else {"team": subject.team}
        entry = replace(entry, before={**entry.before, **old}, after={**entry.after, "team": team})
    await _chain(session, subject.council, subject.id, entry, subject.last_digest)
    await _book_slots(session, subject, decision)
    await write_holdings(session, subject.council, subject.id, subject.version.bound.case_type, decision)
    await _write_clocks(session, subject, decision)
    await _write_tasks(session, subject, decision)
    await timers.move(session, subject, decision)
    await messages.queue_messages(session, subject, decision)
    await messages.note_not_done(session, subject, decision)
    await _write_links(session, subject, plan, actor)
    await publish(session, subject, decision)


async def _book_slots(session: Session, subject: Subject, decision: Decision) -> None:
    """Hold, confirm and release slots. Raises RefusedActError: nothing of the act may be kept then."""
    if not decision.slots:
        return
    holder = slots.Holder(subject.council, subject.mode, subject.id, subject.submission)
    try:
        await slots.apply(session, holder, decision.slots, decision.act.at)
    except slots.SlotRefusedError as refused:
        words = _FULL if refused.is_full else _NO_SUCH_SLOT
        reason = Reason(f"slots.{refused.slot}", words)
        raise RefusedActError(Refusal(decision.act, (reason,), decision.weighed)) from None


async def _write_links(session: Session, subject: Subject, plan: Plan, actor: Mapping[str, str]) -> None:
    """Open sub-cases and write links. A case that another ends in has that in its history, once."""
    merged_into: set[UUID] = set()
    at = plan.decision.act.at
    of_case = {"council": subject.council, "case_id": subject.id, "at": at}
    for new, child, opened in plan.sub_cases:
        await open_new(session, child, opened, actor)
        kind = "sub_case" if new.split is None else "split"
        values = {"link": new.sub_case, "other_id": child.id, "kind": kind, "relation": new.case_type}
        await links.add_link(session, of_case | values)
        if new.split is not None:
            await _record_origin(session, subject, child, new.split.id, actor)
    for planned in plan.links:
        link, other = planned.link, planned.other
        kind = "merge" if link.merge else "link"
        values = {"link": link.link, "other_id": other.id, "kind": kind, "relation": link.relation}
        await links.add_link(session, of_case | values)
        if link.merge and other.id not in merged_into:
            merged_into.add(other.id)
            merged = {f"merged.{subject.reference}": (None, link.relation)}
            await record(session, other, make_plain_entry(other, "merge", link.relation, actor, merged))


async def _record_origin(
    session: Session, subject: Subject, child: Subject, split: str, actor: Mapping[str, str]
) -> None:
    """Write in the history of a new case of which one it was a part.

    That one's history does not name the new case, which may be there for one role alone: its link does.
    """
    row = await store.lock_case(session, child.council, child.id)
    if row is None:
        raise LookupError("the case that a split opened is gone")
    origin = {"split_from": (None, format_reference(subject.reference))}
    await record(session, row, make_plain_entry(row, "split", split, actor, origin))


async def _chain(
    session: Session, council: str, case_id: UUID, entry: rules.Entry, previous: bytes | None = None
) -> None:
    """Write an entry behind the last one of a case's history. ``previous``: that one's digest, if known."""
    key = {"council": council, "case_id": case_id, "n": entry.n}
    personal, personal_digest = None, None
    if entry.personal:
        salt, changes = secrets.token_bytes(_SALT_BYTES), json.dumps(entry.personal, ensure_ascii=False)
        personal = {**key, "salt": salt, "changes": changes}
        personal_digest = rules.digest_personal(salt, changes)
    if previous is None and entry.n > 1:
        previous = await store.find_last_digest(session, council, case_id)
    row = {
        **key,
        "kind": entry.kind,
        "act": entry.act,
        "at": entry.at,
        "effective_at": entry.effective_at,
        "actor": dict(entry.actor),
        "before": dict(entry.before),
        "after": dict(entry.after),
        "weighed": list(entry.weighed),
        "personal_digest": personal_digest,
        "digest": rules.chain(previous or rules.FIRST_DIGEST, rules.digest_content(entry, personal_digest)),
    }
    await store.insert_entry(session, row, personal)


async def _write_clocks(session: Session, subject: Subject, decision: Decision) -> None:
    names = {*decision.due, *decision.uncomputed}
    rows = []
    for name in sorted(names):
        due = decision.due.get(name)
        rows.append(
            {
                "council": subject.council,
                "id": ids.new(),
                "case_id": subject.id,
                "clock": name,
                "version": 1,
                "due_on": due.on if due else None,
                "due_at": due.at if due else None,
                "breached_at": None,
                "uncomputed": decision.uncomputed.get(name),
            }
        )
    await store.save_clocks(session, rows)


async def _write_tasks(session: Session, subject: Subject, decision: Decision) -> None:
    """Write the tasks that a decision opened or closed, and say so."""
    for name in sorted({*decision.opened_tasks, *decision.closed_tasks}):
        task, definition = decision.state.tasks[name], subject.version.bound.case_type.tasks.get(name)
        at, is_open = decision.act.at, task.status == "open"
        row = {
            "council": subject.council,
            "id": ids.new(),
            "case_id": subject.id,
            "task": name,
            "version": 1,
            "role": definition.role if definition else "",  # one that is there keeps its own
            "status": task.status,
            "outcome": task.outcome,
            "opened_at": at,
            "closed_at": None if is_open else at,
        }
        saved = await tasks.save_task(session, row)
        data = _describe_task(subject, decision, name, saved.role)
        await outbox.add(
            session, data, council=subject.council, subject=ids.show(saved.id), sequence=saved.version
        )


def _describe_task(subject: Subject, decision: Decision, name: str, role: str) -> events.TaskEvent:
    task = decision.state.tasks[name]
    members: dict[str, Any] = {
        "case": subject.id,
        "mode": subject.mode,
        "case_type": subject.version.bound.case_type.code,
        "state": decision.state.state,
        "task": name,
        "role": role,
    }
    if task.status == "open":
        return events.TaskOpened(**members)
    return events.TaskClosed(**members, status=task.status, outcome=task.outcome)


async def publish(session: Session, subject: Subject, decision: Decision) -> None:
    """Publish the event of a change, and those of the sequence that a new or closed case has instead."""
    case_type = subject.version.bound.case_type
    members: dict[str, Any] = {
        "case": subject.id,
        "mode": subject.mode,
        "case_type": case_type.code,
        "state": decision.state.state,
        "action": decision.actions[0] if decision.actions else decision.act.id,
        "effective_at": decision.act.counted_at,
        "refund": decision.refund,
        "refund_due": decision.state.refund_due,
    }
    data: EventData
    if subject.state.sequence == 0:
        data = events.CaseOpened(**members, **describe_place(subject))
    elif case_type.states[decision.state.state].end:
        data = events.CaseClosed(**members, result=decision.state.result)
    else:
        data = events.CaseChanged(**members)
    await outbox.add(
        session,
        data,
        council=subject.council,
        subject=ids.show(subject.id),
        sequence=decision.state.sequence,
    )


async def lock_case(session: Session, council: str, case_id: UUID) -> Row[Any] | None:
    """Lock a case of either mode, for what happens to it by itself."""
    return await store.lock_case(session, council, case_id)


async def record(
    session: Session, row: Row[Any], entry: rules.Entry, values: Mapping[str, Any] | None = None
) -> None:
    """Write a change of a locked case that the engine has no part in: its row and its history."""
    engine = {**row.engine, "sequence": entry.n}
    changed = {**(values or {}), "engine": engine, "version": entry.n, "changed_at": entry.at}
    await store.update_case(session, row.council, row.id, changed)
    await _chain(session, row.council, row.id, entry)


def make_plain_entry(
    row: Row[Any],
    kind: str,
    act: str,
    actor: Mapping[str, str],
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> rules.Entry:
    """Make the entry of a change that the engine has no part in. ``changes``: name -> before and after."""
    now, pairs = clock.now(), changes or {}
    return rules.Entry(
        n=row.version + 1,
        kind=kind,
        act=act,
        at=now,
        effective_at=now,
        actor=actor,
        before={name: before for name, (before, _) in pairs.items() if before is not None},
        after={name: after for name, (_, after) in pairs.items() if after is not None},
        weighed=(),
        personal={},
    )


def with_reasons(entry: rules.Entry, refusal: Refusal) -> rules.Entry:
    """Add to an entry why its act was refused."""
    return replace(entry, weighed=tuple({"rule": reason.rule, "holds": False} for reason in refusal.reasons))


async def note_message(
    session: Session,
    council: str,
    case_id: UUID,
    kind: str,
    actor: Mapping[str, str],
    parts: Mapping[str, Any],
) -> None:
    """Note a message in a case's history. Its parts lie apart: they are personal.

    Raises LookupError for a case that is gone.
    """
    row = await store.lock_case(session, council, case_id)
    if row is None:
        raise LookupError("the case of this message is gone")
    entry = make_plain_entry(row, "message", kind, actor)
    personal = {name: [None, part] for name, part in parts.items()}
    await record(session, row, replace(entry, personal=personal))
