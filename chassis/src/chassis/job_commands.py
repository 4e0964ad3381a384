"""``python -m chassis jobs SERVICE``: a person reads, replays and drops jobs that were given up.

docs/operations.md says what to do when the alarm rings. Nothing of a payload is printed without ``--data``,
which can show personal data.
"""

import argparse
import getpass
import json
import logging
from collections.abc import Sequence
from itertools import groupby

from chassis.app import Service
from chassis.commands import CommandError, ExitCode
from chassis.database import ALL_COUNCILS, Database
from chassis.jobs import dead_jobs
from chassis.jobs.dead_jobs import DeadJob
from chassis.jobs.states import State
from chassis.settings import Settings

log = logging.getLogger(__name__)

_MAX_LISTED = 100
_MAX_ID = 2**63 - 1
_MAX_REASON = 300  # characters


async def run(service: Service, settings: Settings, arguments: argparse.Namespace) -> int:
    """Run a command on a service's jobs; return the exit code. Raises CommandError."""
    database = service.database(settings)
    try:
        match arguments.action:
            case "show":
                return await _show(database, service, arguments)
            case "replay":
                return await _replay(database, arguments)
            case "drop":
                return await _drop(database, service, arguments)
            case "count":
                return await _count(database)
            case _:
                return await _list(database, arguments)
    finally:
        await database.close()


def _parse_id(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _MAX_ID:
        raise CommandError(ExitCode.USAGE, f"{text} is no id of a job: a number, as `list` prints it")
    return int(text)


async def _list(database: Database, arguments: argparse.Namespace) -> int:
    """Print the jobs by kind and reason: how many, from when to when, and the ids."""
    state = State.DROPPED if getattr(arguments, "dropped", False) else State.DEAD
    async with database.writing(ALL_COUNCILS) as session:
        jobs = await dead_jobs.list_dead(session, getattr(arguments, "kind", None), state)
    if not jobs:
        print(f"no {state.name.lower()} jobs")
    for (kind, reason), group in groupby(sorted(jobs, key=_group), key=_group):
        members = sorted(group, key=lambda job: job.since)
        first, last = (f"{job.since:%Y-%m-%d %H:%M:%S}" for job in (members[0], members[-1]))
        print(f"{kind}: {len(members)}, {first} to {last} UTC")
        print(f"    {reason}")
        _print_ids(members)
    if len(jobs) == dead_jobs.MAX_LISTED:
        print(f"the first {dead_jobs.MAX_LISTED}; there may be more")
    return 0


def _group(job: DeadJob) -> tuple[str, str]:
    return job.kind, job.reason or ""


def _print_ids(jobs: Sequence[DeadJob]) -> None:
    for job in jobs[:_MAX_LISTED]:
        print("   ", job.id, "", job.council)
    if len(jobs) > _MAX_LISTED:
        print(f"    and {len(jobs) - _MAX_LISTED} more")


async def _show(database: Database, service: Service, arguments: argparse.Namespace) -> int:
    async with database.writing(ALL_COUNCILS) as session:
        job = await dead_jobs.get(session, _parse_id(arguments.id))
    if job is None:
        raise _refuse_unknown(service, arguments.id)
    print(f"job        {job.id}")
    print(f"kind       {job.kind}, version {job.version}")
    print("council   ", job.council)
    print(f"enqueued   {job.created_at.isoformat(timespec='seconds')}")
    print(f"{State(job.state).name.lower():<11}{job.since.isoformat(timespec='seconds')}")
    print(f"failures   {job.failures}")
    print(f"reason     {job.reason}")
    if arguments.data:
        print(json.dumps(job.payload, indent=2, ensure_ascii=False))
    return 0


async def _replay(database: Database, arguments: argparse.Namespace) -> int:
    """Put one job, those of a kind, or all back on the queue."""
    if arguments.id is None and not (arguments.all or arguments.kind):
        raise CommandError(ExitCode.USAGE, "say which: an ID, --all, or --kind KIND")
    job_id = None if arguments.id is None else _parse_id(arguments.id)
    async with database.writing(ALL_COUNCILS) as session:
        count = await dead_jobs.replay(session, job_id=job_id, kind=arguments.kind)
    print(f"{count} back on the queue; the worker runs them")
    return 0 if count else 1


async def _drop(database: Database, service: Service, arguments: argparse.Namespace) -> int:
    """Decide that a job is not to be done, and record who did and why."""
    by, job_id = arguments.by or getpass.getuser(), _parse_id(arguments.id)
    if len(by) + len(arguments.reason) > _MAX_REASON:
        raise CommandError(
            ExitCode.USAGE, f"--by and --reason have at most {_MAX_REASON} characters together"
        )
    async with database.writing(ALL_COUNCILS) as session:
        is_dropped = await dead_jobs.drop(session, job_id, by, arguments.reason)
    if not is_dropped:
        raise _refuse_unknown(service, job_id)
    log.warning("job %d dropped by %s: %s", job_id, by, arguments.reason)
    print(f"{job_id} dropped; `list --dropped` shows what was dropped, by whom and why")
    return 0


async def _count(database: Database) -> int:
    """Print how many jobs of each kind are in each state."""
    async with database.writing(ALL_COUNCILS) as session:
        counts = await dead_jobs.count(session)
    for row in counts:
        print(f"{row.kind:<40} {row.state.name.lower():<8} {row.jobs:>10,}")
    if not counts:
        print("no jobs")
    return 0


def _refuse_unknown(service: Service, job: int | str) -> CommandError:
    message = f"no job {job} was given up; `jobs {service.name} list` lists those"
    return CommandError(ExitCode.REFUSED, message)
