"""The metrics of a process besides its requests. ``docs/metrics.md`` lists them all, with alarms.

Labels are names from the code: consumers, tasks, pools. None holds a council or anything a client sends.
"""

import asyncio
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.database import Database

_LAG_INTERVAL = 0.5  # seconds between two measurements of the loop's lag
_LAG = Histogram(
    "event_loop_lag_seconds",
    "How late the event loop runs a task that is due",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
_FAILURES = Counter(
    "townhall_task_failures_total", "Times that a background task failed and was started again", ["task"]
)


def count_failure(task: str) -> None:
    """Count a failure of a background task (``relay``, a consumer, ``purge``)."""
    _FAILURES.labels(task).inc()


async def measure_loop_lag() -> None:
    """Measure for ever how late the event loop is."""
    while True:
        started = time.monotonic()
        await asyncio.sleep(_LAG_INTERVAL)
        _LAG.observe(max(0.0, time.monotonic() - started - _LAG_INTERVAL))


class PoolCollector(Collector):
    """Reads the use of a database's connection pools when Prometheus asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the metrics, by the names of OpenTelemetry's conventions."""
        pool, state = "db_client_connection_pool_name", "db_client_connection_state"
        count = GaugeMetricFamily(
            "db_client_connection_count", "Connections of a pool, used and idle", labels=[pool, state]
        )
        limit = GaugeMetricFamily("db_client_connection_max", "Most connections a pool opens", labels=[pool])
        waiting = GaugeMetricFamily(
            "db_client_connection_pending_requests", "Callers that wait for a connection", labels=[pool]
        )
        for use in self._database.measure_pools():
            count.add_metric([use.name, "used"], use.used)
            count.add_metric([use.name, "idle"], use.idle)
            limit.add_metric([use.name], use.limit)
            waiting.add_metric([use.name], use.waiting)
        yield from (count, limit, waiting)


def render(*collectors: Collector) -> bytes:
    """Render the process's metrics and those of the collectors in Prometheus' text format.

    Collectors have a registry of their own: tests run several applications in a process.
    """
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest() + generate_latest(registry)
