"""The jobs of notes: a reminder that becomes a note, and one that the clock enqueues."""

from typing import ClassVar

from pydantic import Field
from sqlalchemy import text

from chassis import ids
from chassis.database import Session
from chassis.jobs import Daily, Job, JobData, JobHandlers, Schedule

_INSERT_NOTE = text("INSERT INTO note (council, id, text) VALUES (:council, :id, :text)")
handlers = JobHandlers()


class Remind(JobData):
    kind: ClassVar[str] = "notes.remind"
    text: str = Field(max_length=50)


@handlers.effect(Remind)
async def remind(session: Session, job: Job[Remind]) -> None:
    await session.execute(_INSERT_NOTE, {"council": job.council, "id": ids.new(), "text": job.data.text})


schedules = [
    Schedule("bins", Daily("06:00"), lambda at: Remind(text=f"Bins on {at:%A}"), each_council=True),
]
