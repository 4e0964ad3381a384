"""Seal the ledger behind its writers: a payment's transaction never waits for the chain.

A schedule looks for chains with unsealed transactions; a job of each council writes their seals. Each night
the end of every chain is signed, and balances are summed up to it.
"""

from datetime import timedelta
from typing import ClassVar

from chassis.database import Session
from chassis.jobs import (
    CallContext,
    CallData,
    Daily,
    Every,
    Finish,
    Job,
    JobData,
    JobHandlers,
    Missed,
    NewJob,
    Priority,
    Schedule,
    enqueue_all,
)
from payments.ledger.actions.signatures import RootSigner
from payments.ledger.rules import FIRST, Root, describe_record, seal
from payments.ledger.store import seals as store
from payments.shared.days import today

handlers = JobHandlers()
_BATCH = 1_000
_BATCHES = 5  # a job's; what is left is the next look's


class FindUnsealed(JobData):
    """Look for chains with unsealed transactions."""

    kind: ClassVar[str] = "payments.find_unsealed"


class SealChain(JobData):
    """Seal a council's transactions of a mode."""

    kind: ClassVar[str] = "payments.seal_chain"
    mode: str


class SignRoots(JobData):
    """Sign the end of every chain, and sum balances up to it."""

    kind: ClassVar[str] = "payments.sign_roots"


class SignRoot(CallData):
    """Sign the end of a chain."""

    kind: ClassVar[str] = "payments.sign_root"
    mode: str


schedules = (
    Schedule("ledger seals", Every(30), lambda _: FindUnsealed(), missed=Missed.ONCE),
    Schedule("ledger roots", Daily("00:30"), lambda _: SignRoots(), missed=Missed.ONCE),
)


@handlers.effect(FindUnsealed)
async def find_unsealed(session: Session, _: Job[FindUnsealed]) -> None:
    """Enqueue a job for each chain that has unsealed transactions."""
    rows = await store.list_waiting_chains(session)
    await enqueue_all(
        session,
        [NewJob(SealChain(mode=row.mode), row.council, key=row.mode, priority=Priority.BULK) for row in rows],
    )


@handlers.effect(SealChain, limit=50)
async def seal_chain(session: Session, job: Job[SealChain]) -> None:
    """Seal what waits, the oldest first."""
    await store.lock_chain(session, job.council, job.data.mode)
    for _ in range(_BATCHES):
        if await extend_chain(session, job.council, job.data.mode) < _BATCH:
            return


async def extend_chain(session: Session, council: str, mode: str, limit: int = _BATCH) -> int:
    """Seal up to ``limit`` transactions of a locked chain; return how many."""
    rows = await store.list_unsealed(session, council, mode, limit)
    if not rows:
        return 0
    last = await store.find_last_seal(session, council, mode)
    sequence, digest = (last.sequence, bytes(last.hash)) if last else (0, FIRST)
    seals = []
    for row in rows:
        sequence, digest = sequence + 1, seal(digest, describe_record(row))
        seals.append((sequence, row.id, digest))
    await store.insert_seals(session, council, mode, seals)
    return len(rows)


@handlers.effect(SignRoots)
async def sign_roots(session: Session, _: Job[SignRoots]) -> None:
    """Enqueue a job for each chain."""
    rows = await store.list_chains(session)
    await enqueue_all(
        session,
        [NewJob(SignRoot(mode=row.mode), row.council, key=row.mode, priority=Priority.BULK) for row in rows],
    )


@handlers.call(SignRoot)
async def sign_root(context: CallContext, job: Job[SignRoot]) -> Finish | None:
    """Sign the end of a chain as it is now, for the day before; sum balances up to it."""
    council, mode, day = job.council, job.data.mode, today() - timedelta(days=1)
    async with context.database.reading(council) as session:
        first, last = await store.find_ends(session, council, mode)
    signer = context.share(RootSigner)
    statement = signer.sign(Root(first.transaction, day, last.sequence, bytes(last.hash)))
    values = {"day": day, "sequence": last.sequence, "hash": bytes(last.hash), "statement": statement}

    async def finish(session: Session) -> None:
        await store.insert_root(session, council, mode, values)
        await store.insert_snapshot(session, council, mode, last.sequence)

    return finish
