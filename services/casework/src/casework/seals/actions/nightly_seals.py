"""Seal the ends of histories each night, a chain for each council; each seal is signed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Row

from casework.cases.rules import FIRST_DIGEST
from casework.retention.actions.disposals import make_signer
from casework.seals.rules import Seal, digest_seal, hash_head, hash_tree
from casework.seals.store import seals as store
from casework.shared.days import find_end_of_day, find_local_day
from chassis import clock, ids
from chassis.database import ReadSession, Session
from chassis.jobs import (
    CallContext,
    CallData,
    Daily,
    Finish,
    Job,
    JobData,
    JobHandlers,
    Missed,
    NewJob,
    Priority,
    Schedule,
    enqueue,
    enqueue_all,
)

handlers = JobHandlers()
_MOST = 10_000  # heads of a seal; more are the next one's
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class SealHistories(JobData):
    """Have the histories of every council sealed."""

    kind: ClassVar[str] = "casework.seal_histories"


class SealHistory(CallData):
    """Seal the histories of a council up to the end of yesterday."""

    kind: ClassVar[str] = "casework.seal_history"


schedules = (Schedule("history seals", Daily("00:40"), lambda _: SealHistories(), missed=Missed.ONCE),)


@handlers.effect(SealHistories)
async def seal_histories(session: Session, _: Job[SealHistories]) -> None:
    """Enqueue a job for each council."""
    councils = await store.list_councils(session)
    await enqueue_all(
        session,
        [NewJob(SealHistory(), council, key="seal", priority=Priority.BULK) for council in councils],
    )


@handlers.call(SealHistory)
async def seal_history(context: CallContext, job: Job[SealHistory]) -> Finish | None:
    """Seal what grew since the last seal, up to the end of yesterday: whoever began then has ended.

    A council with nothing yet has no seal; one with a chain has a link a day, be it empty.
    """
    council, day = job.council, find_local_day(clock.now()) - _DAY
    until = find_end_of_day(day)
    async with context.database.reading(council) as session:
        last = await store.find_last(session, council)
        complete = await store.find_last_complete(session, council)
        since = complete.until if complete else None
        if since is not None and since >= until:
            return None
        heads = await store.list_grown(session, council, since or _EVER, until, _MOST)
    if last is None and not heads:
        return None
    leaves = [hash_head(head.case_id, head.n, bytes(head.digest)) for head in heads]
    seal = Seal(
        chain=last.chain if last else ids.new(),
        sequence=last.sequence + 1 if last else 1,
        day=day,
        since=since,
        until=until,
        is_complete=len(heads) < _MOST,
        heads=len(heads),
        root=hash_tree(leaves),
        previous=bytes(last.digest) if last else FIRST_DIGEST,
    )
    row = _describe_row(council, seal, context.share(make_signer).sign(seal.describe()))

    async def finish(session: Session) -> None:
        await store.lock_chain(session, council)
        if _get_sequence(await store.find_last(session, council)) != seal.sequence - 1:
            return  # another worker did it
        await store.insert_seal(
            session, row, [_describe_head(council, seal.sequence, head) for head in heads]
        )
        if not seal.is_complete:
            await enqueue(session, SealHistory(), council=council, priority=Priority.BULK)

    return finish


async def list_seals(session: ReadSession, council: str, after: int, fetch: int) -> Sequence[Row[Any]]:
    """List a council's seals, the oldest first."""
    return await store.list_seals(session, council, after, fetch)


def _get_sequence(seal: Row[Any] | None) -> int:
    return 0 if seal is None else int(seal.sequence)


def _describe_head(council: str, sequence: int, head: Row[Any]) -> dict[str, Any]:
    members = {"case_id": head.case_id, "n": head.n, "digest": bytes(head.digest)}
    return {"council": council, "sequence": sequence, **members}


def _describe_row(council: str, seal: Seal, statement: str) -> dict[str, Any]:
    return {
        "council": council,
        "sequence": seal.sequence,
        "chain": seal.chain,
        "day": seal.day,
        "since": seal.since,
        "until": seal.until,
        "is_complete": seal.is_complete,
        "heads": seal.heads,
        "root": seal.root,
        "digest": digest_seal(seal.describe()),
        "statement": statement,
    }
