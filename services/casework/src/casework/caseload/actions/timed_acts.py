"""What happens to cases by itself: timers that fire and deadlines that pass."""

from casework import events
from casework.calendar.actions.recomputation import RecomputeClocks
from casework.caseload.store import breaches
from casework.cases.actions import changes
from casework.cases.actions.plans import Plan, RefusedActError, plan_act
from casework.cases.actions.subjects import (
    Subject,
    find_authority,
    list_running,
    load_due_dates,
    lock_subject,
)
from casework.cases.actions.timers import FireTimer, NoteBreach
from casework.engine.rules.decision import recompute
from casework.model.rules.acts import Act, ActKind, Actor, Context, Decision
from casework.model.rules.case_type import SYSTEM
from chassis import clock, ids, outbox
from chassis.database import Session
from chassis.jobs.handlers import Job, JobHandlers
from chassis.jobs.queue import enqueue

_SYSTEM = {"sub": "casework"}
_BY_SYSTEM = Actor("casework", frozenset({SYSTEM}))


handlers = JobHandlers()
_BATCH = 100  # cases


@handlers.effect(FireTimer)
async def fire_timer(session: Session, job: Job[FireTimer]) -> None:
    """Fire a timer. One that was moved or cancelled since, or whose case is gone, does nothing."""
    locked = await lock_subject(session, job.council, job.data.case)
    if locked is None:
        return
    row, subject = locked
    if subject.state.timers.get(job.data.timer) != job.data.due_at:
        return
    act = Act(
        kind=ActKind.TIMER,
        id=job.data.timer,
        at=clock.now(),
        by=_BY_SYSTEM,
        effective=job.data.due_at,
    )
    try:
        plan = await plan_act(session, subject, act)
    except RefusedActError as error:
        entry = changes.make_plain_entry(row, "timer-refused", job.data.timer, _SYSTEM)
        refused = changes.with_reasons(entry, error.refusal)
        await changes.record(session, row, refused)
        return
    await changes.apply(session, subject, plan, _SYSTEM)


@handlers.effect(RecomputeClocks, limit=60)
async def recompute_clocks(session: Session, job: Job[RecomputeClocks]) -> None:
    """Compute the clocks of a batch of cases again. The next batch is enqueued with what this one wrote."""
    batch = await list_running(session, job.council, job.data.after, _BATCH)
    data = {"reason": job.data.reason}
    act = Act(ActKind.RECOMPUTE, "recompute", clock.now(), _BY_SYSTEM, data=data)
    for case in batch:
        if _is_moved((await _recompute(session, case, act)).decision):
            await _write_recomputed(session, case, act)
    if len(batch) == _BATCH:
        await enqueue(session, job.data.model_copy(update={"after": batch[-1].id}), council=job.council)


async def _write_recomputed(session: Session, case: Subject, act: Act) -> None:
    """Compute a case again that is locked: somebody may have acted on it meanwhile."""
    locked = await lock_subject(session, case.council, case.id)
    if locked is None:
        return
    plan = await _recompute(session, locked[1], act)
    if _is_moved(plan.decision):
        await changes.apply(session, locked[1], plan, _SYSTEM)


async def _recompute(session: Session, case: Subject, act: Act) -> Plan:
    authority = find_authority(case.version.bound.case_type, case.state.fields)
    context = Context(await load_due_dates(session, case.council, authority))
    return Plan(recompute(case.version.bound, case.state, act, context))


def _is_moved(decision: Decision) -> bool:
    return bool(decision.due or decision.armed or decision.cancelled)


@handlers.effect(NoteBreach)
async def note_breach(session: Session, job: Job[NoteBreach]) -> None:
    """Note a breach, once, and say so."""
    locked = await lock_subject(session, job.council, job.data.case)
    if locked is None:
        return
    row, _ = locked
    entry = changes.make_plain_entry(row, "breach", job.data.clock, _SYSTEM)
    breach = {
        "council": job.council,
        "case_id": row.id,
        "clock": job.data.clock,
        "due_at": job.data.due_at,
        "at": entry.at,
    }
    marked = await breaches.mark_breach(session, breach)
    if marked is None:
        return
    await changes.record(session, row, entry)
    data = events.ClockBreached(
        case=row.id,
        mode=row.mode,
        case_type=row.code,
        state=row.state,
        clock=job.data.clock,
        due_at=job.data.due_at,
    )
    subject = ids.show(marked.id)
    await outbox.add(session, data, council=job.council, subject=subject, sequence=marked.version)
