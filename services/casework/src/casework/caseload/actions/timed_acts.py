"""What happens to cases by itself: timers that fire and deadlines that pass."""

from casework import events
from casework.caseload.store import breaches
from casework.cases.actions import changes
from casework.cases.actions.plans import RefusedActError, plan_act
from casework.cases.actions.subjects import lock_subject
from casework.cases.actions.timers import FireTimer, NoteBreach
from casework.model.rules.acts import Act, ActKind, Actor
from casework.model.rules.case_type import SYSTEM
from chassis import clock, ids, outbox
from chassis.database import Session
from chassis.jobs.handlers import Job, JobHandlers

_SYSTEM = {"sub": "casework"}
_BY_SYSTEM = Actor("casework", frozenset({SYSTEM}))


handlers = JobHandlers()


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
