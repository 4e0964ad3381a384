"""Write the files of a close's funds: a batch of lines a job, each once, whatever worker dies meanwhile.

A batch is one transaction, and enqueues the next. No day that is closed takes a posting, so the lines and
their order are the same whenever they are read. A merger of councils takes the job to the successor, with
what payments say of themselves; closes and the ledger stay where they were.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Literal
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from chassis.jobs import Job, JobData, JobHandlers, RefusedError, enqueue
from payments.closes.rules.exports import FundLine, write_fund_end, write_fund_lines, write_fund_titles
from payments.closes.store import closes as store
from payments.closes.store import parts

handlers = JobHandlers()
_BATCH = 2_000  # lines: the worker's other jobs wait for some hundredths of a second


class WriteExports(JobData):
    """Write a batch of the lines of a close, from a position on; the last one puts the files together.

    ``file``: one of the close's, by which it is found when the job has gone to another council.
    """

    kind: ClassVar[str] = "payments.write_exports"
    mode: Literal["sandbox", "live"]
    day: date
    file: ids.Id | None = None
    batch: int = 1
    after_day: date = date.min
    after_id: UUID = UUID(int=0)
    after_n: int = 0


@handlers.effect(WriteExports, limit=50)
async def write_exports(session: Session, job: Job[WriteExports]) -> None:
    """Write a batch, and go on behind it. Raises RefusedError if the lines are not what the close counted."""
    council = await _find_council(session, job)
    async with session.region_wide(when=council != job.council):
        await _write_batch(session, council, job)


async def _find_council(session: Session, job: Job[WriteExports]) -> str:
    """Find the council whose close it is: a job goes to the successor of a merger, and a close stays."""
    if job.data.file is None:
        return job.council
    council = await store.find_council(session, job.data.file)
    if council is None:
        async with session.region_wide():
            council = await store.find_council(session, job.data.file)
    return council or job.council


async def _write_batch(session: Session, council: str, job: Job[WriteExports]) -> None:
    data = job.data
    close = await store.get_close(session, council, data.mode, data.day)
    if close is None:
        raise RefusedError("the council has no such close")
    after = parts.Position(data.after_day, data.after_id, data.after_n)
    days = close.first_day, close.day
    rows = await parts.list_lines(session, council, data.mode, days, after, _BATCH, successor=job.council)
    await parts.insert_parts(session, _make_parts(council, data.batch, rows))
    if len(rows) < _BATCH:
        await _finish(session, council, data)
        return
    position = {"after_day": rows[-1].taken_on, "after_id": rows[-1].id, "after_n": rows[-1].n}
    following = data.model_copy(update={**position, "batch": data.batch + 1})
    await enqueue(session, following, council=job.council)


def _make_parts(council: str, batch: int, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    by_export: dict[UUID, list[Row[Any]]] = {}
    for row in rows:
        by_export.setdefault(row.export, []).append(row)
    return [
        {
            "council": council,
            "export": export,
            "n": batch,
            "lines": len(lines),
            "total": sum(line.amount for line in lines),
            "content": write_fund_lines([_to_line(line) for line in lines]),
        }
        for export, lines in by_export.items()
    ]


def _to_line(row: Row[Any]) -> FundLine:
    return FundLine(ids.show(row.id), row.reference, row.amount, row.taken_on, row.method, row.narrative)


async def _finish(session: Session, council: str, data: WriteExports) -> None:
    for file in await parts.lock_waiting(session, council, data.mode, data.day):
        end = write_fund_end(file.lines, file.total)
        if not await parts.join_parts(session, council, file.id, write_fund_titles(), end):
            raise RefusedError("the lines are not those that the close counted")
