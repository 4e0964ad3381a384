"""Jobs of tests: kinds whose handlers do as a test says, and what lies in the queue."""

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import ClassVar

from notes.jobs import Remind
from sqlalchemy import text

from chassis import ids
from chassis.jobs import CallData, JobData, JobHandlers, LongCallData, NewJob, enqueue, enqueue_all
from chassis.jobs.runner import JobRunner

_ADD_NOTE = text("INSERT INTO note (council, id, text) VALUES (:council, :id, :text)")
_NOTES = text("SELECT council, text FROM note ORDER BY id")
_ROWS = text("SELECT * FROM job ORDER BY id")
_EMPTY = ("DELETE FROM job", "DELETE FROM note", "DELETE FROM schedule")


class Write(JobData):
    """An effect: it writes a note."""

    kind: ClassVar[str] = "tests.write"
    text: str


class WriteAll(Write):
    kind: ClassVar[str] = "tests.write_all"


class Send(CallData):
    """A call: it sends a text, and writes a note of it."""

    kind: ClassVar[str] = "tests.send"
    text: str


class Grind(LongCallData):
    """A long call: it does ten steps, keeps each, and goes on after those that were kept."""

    kind: ClassVar[str] = "tests.grind"
    text: str
    steps: int = 10


async def add_note(session, council, words):
    await session.execute(_ADD_NOTE, {"council": council, "id": ids.new(), "text": words})


class JobHarness:
    """``behave`` is called with each job before its effect; ``calls`` are the texts, in their order."""

    def __init__(self, database, settings, *, tries=3, limit=5.0):
        self.database, self.settings = database, settings
        self.calls, self.keys = [], []
        self.behave = lambda session, job: None
        self.now = None
        self.handlers = JobHandlers()
        self.schedules = []
        self.tries, self.limit = tries, limit
        self._register()

    def _register(self):
        options = {"tries": self.tries, "limit": self.limit}

        @self.handlers.effect(Write, **options)
        async def write(session, job):
            await self._act(session, job)
            await add_note(session, job.council, job.data.text)

        @self.handlers.effect_batch(WriteAll, **options)
        async def write_all(session, jobs):
            self.calls.append([job.data.text for job in jobs])
            for job in jobs:
                await add_note(session, job.council, job.data.text)

        @self.handlers.call(Send, **options)
        async def send(context, job):
            self.keys.append(job.idempotency_key)
            await self._act(None, job)
            return lambda session: add_note(session, job.council, job.data.text)

        @self.handlers.call(Grind, tries=self.tries, limit=600)
        async def grind(context, job):
            await self._act(None, job)
            texts = [f"{job.data.text} {step}" for step in range(job.data.steps)]
            for words in texts[len(await self.list_notes(job.council)) :]:
                await asyncio.sleep(0.05)
                async with context.database.writing(job.council) as session:
                    await add_note(session, job.council, words)

    async def _act(self, session, job):
        self.calls.append(job.data.text)
        outcome = self.behave(session, job)
        if asyncio.iscoroutine(outcome):
            await outcome

    def make_runner(self, database=None, handlers=None):
        parts = [self.handlers if handlers is None else handlers]
        return JobRunner(
            "notes", parts, self.schedules, database or self.database, self.settings, clock=lambda: self.now
        )

    async def drain(self, **options):
        await self.make_runner(**options).drain()

    @asynccontextmanager
    async def running(self, database=None):
        task = asyncio.create_task(self.make_runner(database).run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def enqueue(self, *texts, kind=Write, council="citytown", **options):
        async with self.database.writing(council) as session:
            for words in texts:
                await enqueue(session, kind(text=words), council=council, **options)

    async def enqueue_all(self, count, council, kind=Write):
        async with self.database.writing(council) as session:
            await enqueue_all(session, (NewJob(kind(text=f"{council} {n}"), council) for n in range(count)))

    async def execute(self, statement, **values):
        async with self.database.writing("*") as session:
            return await session.execute(text(statement), values)

    async def list_rows(self):
        async with self.database.writing("*") as session:
            return await session.all(_ROWS)

    async def list_notes(self, council="citytown"):
        async with self.database.writing(council) as session:
            return [row.text for row in await session.all(_NOTES)]

    async def make_due(self):
        """Let the time for every armed job have come."""
        await self.execute("UPDATE job SET due_at = now() WHERE state = 1")

    async def clear(self):
        for statement in _EMPTY:
            await self.execute(statement)


__all__ = ["Grind", "JobHarness", "Remind", "Send", "Write", "WriteAll"]
