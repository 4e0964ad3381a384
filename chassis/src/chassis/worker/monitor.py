"""What a worker says of itself: ``/health/live``, ``/health/ready`` and ``/metrics``.

Live: the event loop turns, and neither the relay nor a consumer hangs. Ready: the database, its migrations
and NATS are there. The outbox and the jobs are measured when Prometheus asks, at most every five seconds.
"""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus

from nats.aio.client import Client
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis import heartbeats, metrics
from chassis.app import Service
from chassis.cached import Cached
from chassis.database import Database
from chassis.jobs import metrics as job_metrics
from chassis.jobs.handlers import combine
from chassis.outbox import Backlog, read_backlog
from chassis.readiness import Readiness
from chassis.worker.http_port import Answer

log = logging.getLogger(__name__)

_CONNECT_TIMEOUT = 1.0  # seconds that a first connection to NATS is waited for
_REMEMBER = 5.0  # seconds
_MEASURE_TIMEOUT = 3.0


class Monitor(Collector):
    """The health and the metrics of one worker, and its database, which it closes at the end."""

    def __init__(self, service: Service, database: Database) -> None:
        self.database = database
        self._client: Client | None = None
        self._connected = asyncio.Event()
        self._readiness = Readiness(database, service.name, self._check_nats, needs_nats=True)
        self._backlog = Cached(self._measure_backlog, _REMEMBER, _MEASURE_TIMEOUT)
        self._lanes: list[Backlog] = []
        self._kinds = sorted(combine(service.all_jobs))
        self._schedules = [schedule.name for schedule in service.all_schedules]
        self._queue = Cached(self._measure_jobs, _REMEMBER, _MEASURE_TIMEOUT)
        self._jobs: job_metrics.Measured | None = None

    def watch(self, client: Client) -> None:
        """Watch a connection to NATS."""
        self._client = client
        self._connected.set()

    async def close(self) -> None:
        """Stop what it measures, and close the database."""
        await self._backlog.close()
        await self._queue.close()
        await self._readiness.close()
        await self.database.close()

    async def answer(self, path: str) -> Answer:
        """Answer a request."""
        match path:
            case "/health/live":
                hung = heartbeats.list_hung()
                return _as_json(not hung, {"status": "hung" if hung else "live", "hung": hung})
            case "/health/ready":
                return _as_json(*await self._readiness.check())
            case "/metrics":
                self._lanes = await self._backlog.get()
                self._jobs = await self._queue.get()
                body = metrics.render(metrics.PoolCollector(self.database), self)
                return Answer(HTTPStatus.OK, body, CONTENT_TYPE_LATEST)
        return Answer(HTTPStatus.NOT_FOUND, b"there are /health/live, /health/ready and /metrics\n")

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the metrics of the outbox and of jobs: no sample when they could not be measured."""
        events = GaugeMetricFamily(
            "townhall_outbox_events",
            "Events that wait to be published; 10000 is that many or more",
            labels=["lane"],
        )
        age = GaugeMetricFamily(
            "townhall_outbox_oldest_event_age_seconds",
            "Age of the first event that waits; 0 for none",
            labels=["lane"],
        )
        for lane in self._lanes:
            name = "bulk" if lane.bulk else "small"
            events.add_metric([name], lane.length)
            age.add_metric([name], lane.age)
        yield from (events, age)
        yield from job_metrics.render(self._jobs, self._kinds)

    async def _measure_backlog(self) -> list[Backlog]:
        try:
            async with asyncio.timeout(_MEASURE_TIMEOUT), self.database.reading() as session:
                return await read_backlog(session)
        except Exception as error:  # noqa: BLE001 - readiness says what is wrong
            log.warning("the outbox cannot be measured: %r", error)
            return []

    async def _measure_jobs(self) -> job_metrics.Measured | None:
        try:
            async with asyncio.timeout(_MEASURE_TIMEOUT), self.database.writing() as session:
                return await job_metrics.measure(session, self._schedules)
        except Exception as error:  # noqa: BLE001 - readiness says what is wrong
            log.warning("the jobs cannot be measured: %r", error)
            return None

    async def _check_nats(self) -> str:
        if self._client is None:
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT):
                    await self._connected.wait()
            except TimeoutError:
                return "away: not connected yet"
        return "ok" if self._client is not None and self._client.is_connected else "away: disconnected"


def _as_json(is_well: bool, content: Mapping[str, object]) -> Answer:  # noqa: FBT001
    status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, json.dumps(content).encode(), "application/json")
