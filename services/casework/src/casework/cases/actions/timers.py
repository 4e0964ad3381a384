"""Jobs of cases: timers and deadlines, which look whether they are still wanted; what a submission sent."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from casework.cases.actions.subjects import Subject
from casework.model.rules.acts import Decision
from chassis import ids
from chassis.database import Session
from chassis.jobs.handlers import JobData
from chassis.jobs.queue import NewJob, cancel, enqueue, enqueue_all


class FireTimer(JobData):
    """Fire a timer of a case, if it is still armed for that moment."""

    kind: ClassVar[str] = "casework.fire_timer"
    case: ids.Id
    timer: str
    due_at: datetime


class NoteBreach(JobData):
    """Note that a clock of a case ran out, if it still runs to that moment."""

    kind: ClassVar[str] = "casework.note_breach"
    case: ids.Id
    clock: str
    due_at: datetime


class JoinSubmission(JobData):
    """Give what was sent under a submission to the case that it opened, if it has: ``attachments`` does."""

    kind: ClassVar[str] = "casework.join_submission"
    submission: str


async def enqueue_join(session: Session, council: str, submission: str) -> None:
    """Have what was sent under a submission given to its case.

    Both enqueue it, who opens the case and who sends: whichever commits last finds what the other did.
    """
    await enqueue(session, JoinSubmission(submission=submission), council=council, key=submission)


async def move(session: Session, subject: Subject, decision: Decision) -> None:
    """Arm, move and cancel the jobs of a case's timers and clocks, as a decision says."""
    council, case_id = subject.council, subject.id
    jobs = [
        NewJob(FireTimer(case=case_id, timer=name, due_at=at), council, at, _key(case_id, name))
        for name, at in decision.armed.items()
    ]
    for name, due in decision.due.items():
        if due is not None:
            data = NoteBreach(case=case_id, clock=name, due_at=due.at)
            jobs.append(NewJob(data, council, due.at, _key(case_id, name)))
    await enqueue_all(session, jobs)
    if subject.state.sequence == 0:
        return  # a new case has nothing to cancel
    for name in decision.cancelled:
        await cancel(session, FireTimer, _key(case_id, name), council=council)
    for name, due in decision.due.items():
        if due is None:
            await cancel(session, NoteBreach, _key(case_id, name), council=council)


def _key(case_id: UUID, name: str) -> str:
    return f"{ids.show(case_id)} {name}"
