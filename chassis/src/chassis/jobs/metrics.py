"""What Prometheus reads of jobs. The worker's ``/metrics`` answers them; docs/operations.md reads them.

``kind`` is one that this worker's code knows, or ``unknown``. The queue is measured when Prometheus asks. No
more than 10,000 jobs of a state are counted: a longer queue is 10,000 long.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from chassis.database import ReadSession
from chassis.jobs.states import State

FINISHED = Counter(
    "townhall_jobs_finished",
    "Runs of jobs that ended: done, again, deferred, lost, dead",
    ["kind", "outcome"],
)
LAG = Histogram(
    "townhall_job_lag_seconds",
    "Time from when a job was due until a worker took it",
    ["kind"],
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0),
)
PAUSED_SINCE = Gauge("townhall_jobs_paused_since_seconds", "Unix time since when jobs wait; 0 while they run")
UNKNOWN = "unknown"
_MAX_COUNTED = 10_000
_DEPTH = text(f"""
    SELECT counted.kind, states.state, count(*) AS jobs,
        greatest(max(extract(epoch FROM now() - counted.due_at)), 0)::float AS age
    FROM (VALUES (0), (1), (2), (3)) AS states (state), LATERAL (
        SELECT j.kind, j.due_at FROM job j WHERE j.state = states.state LIMIT {_MAX_COUNTED}) AS counted
    GROUP BY 1, 2""")  # noqa: S608
_LATENESS = text("""SELECT name, greatest(extract(epoch FROM now() - next_at), 0)::float AS late
    FROM schedule WHERE name = ANY(:names)""").bindparams(bindparam("names", type_=ARRAY(Text)))


class Depth(NamedTuple):
    """Jobs of a kind in a state, and for how long the oldest of them has been due or in it, in seconds."""

    kind: str
    state: State
    jobs: int
    age: float


class Measured(NamedTuple):
    """What was measured of the queue, and how late each schedule is in seconds."""

    depths: list[Depth]
    lateness: dict[str, float]


def label_of(kind: str, kinds: Collection[str]) -> str:
    """Return the label of a kind: the table may hold kinds of another version's code."""
    return kind if kind in kinds else UNKNOWN


async def measure(session: ReadSession, schedules: Collection[str]) -> Measured:
    """Measure the queue of every council, and the schedules."""
    await session.set_all_councils()
    depths = [Depth(row.kind, State(row.state), row.jobs, row.age) for row in await session.all(_DEPTH)]
    rows = await session.all(_LATENESS, {"names": list(schedules)}) if schedules else []
    return Measured(depths, {row.name: row.late for row in rows})


def render(measured: Measured | None, kinds: Collection[str]) -> Iterator[GaugeMetricFamily]:
    """Return the metrics: no sample when the queue could not be measured."""
    jobs = GaugeMetricFamily(
        "townhall_jobs", "Jobs in a state; 10000 is that many or more", labels=["kind", "state"]
    )
    age = GaugeMetricFamily(
        "townhall_job_oldest_age_seconds",
        "For how long the oldest job has been ready, overdue or dead; 0 for none",
        labels=["kind", "state"],
    )
    late = GaugeMetricFamily("townhall_schedule_late_seconds", "How late a schedule is", labels=["schedule"])
    if measured is not None:
        counts = {(kind, state): (0, 0.0) for kind in (*kinds, UNKNOWN) for state in list(State)[:-1]}
        for depth in measured.depths:
            key = label_of(depth.kind, kinds), depth.state
            count, oldest = counts[key]
            counts[key] = count + depth.jobs, max(oldest, depth.age)
        for (kind, state), (count, oldest) in counts.items():
            jobs.add_metric([kind, state.name.lower()], count)
            if state is not State.TAKEN:
                age.add_metric([kind, state.name.lower()], oldest)
        for name, seconds in measured.lateness.items():
            late.add_metric([name], seconds)
    yield from (jobs, age, late)
