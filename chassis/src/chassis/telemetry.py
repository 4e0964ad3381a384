"""Traces, metrics and JSON logs. None holds personal data, tokens or query strings.

Spans are made here and not by OpenTelemetry's ASGI instrumentation, which costs several times as much for
each request and records full URLs, and with them keys and addresses.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBasedTraceIdRatio
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.settings import Settings

_W3C = TraceContextTextMapPropagator()
_IDS = RandomIdGenerator()
_NOTHING = Context()
# Prometheus' own client: on a hot read the SDK's meters cost as much as verifying the token.
_DURATIONS = Histogram(
    "http_server_request_duration_seconds",
    "Duration of requests",
    ["http_request_method", "http_route", "http_response_status_code"],
)
# Others are one label, so that clients cannot make up as many as they like.
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class JsonLines(logging.Formatter):
    """Formats a log record as one JSON object a line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        span = trace.get_current_span().get_span_context()
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if span.is_valid:
            line["trace_id"] = f"{span.trace_id:032x}"
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_as_json(service: str, level: str) -> None:
    """Send every log line of the process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # httpx and httpcore log full URLs and headers; the others nothing that an operator needs.
    for name in ("httpx", "httpcore", "alembic.runtime.plugins", "chassis.pools"):
        logging.getLogger(name).setLevel(logging.WARNING)


def start(service: str, settings: Settings) -> None:
    """Set the process's tracer provider; only the first call in a process has an effect."""
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    resource = Resource.create({"service.name": service, "deployment.region": settings.region})
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        tracing = TracerProvider(resource=resource, sampler=ParentBasedTraceIdRatio(settings.trace_ratio))
        tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint)))
    else:  # without a collector trace contexts still travel, and nothing is recorded
        tracing = TracerProvider(resource=resource, sampler=ALWAYS_OFF)
    trace.set_tracer_provider(tracing)


class Telemetry:
    """ASGI middleware: a server span and a duration for every request, by route and not by path.

    Without a collector no span is made: the caller's trace context is passed on unchanged, or a new one
    begins. ``records`` overrides the application's settings.
    """

    def __init__(self, app: ASGIApp, *, records: bool | None = None) -> None:
        self._app = app
        self._records = records
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        recorder = _StatusRecorder(send)
        parent = _read_parent(scope)
        started = time.perf_counter()
        try:
            if self._is_recording(scope):
                await self._run_in_span(parent, scope, receive, recorder)
            else:
                token = context.attach(parent or _begin_trace())
                try:
                    await self._app(scope, receive, recorder)
                finally:
                    context.detach(token)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
            _durations_of(method, _route_of(scope), recorder.status).observe(time.perf_counter() - started)

    def _is_recording(self, scope: Scope) -> bool:
        if self._records is not None:
            return self._records
        return bool(scope["app"].state.settings.otlp_endpoint)

    async def _run_in_span(
        self, parent: Context | None, scope: Scope, receive: Receive, recorder: "_StatusRecorder"
    ) -> None:
        with self._tracer.start_as_current_span(
            scope["method"], context=parent, kind=SpanKind.SERVER
        ) as span:
            try:
                await self._app(scope, receive, recorder)
            finally:
                if span.is_recording():
                    span.update_name(f"{scope['method']} {_route_of(scope)}")
                    span.set_attribute("http.request.method", scope["method"])
                    span.set_attribute("http.route", _route_of(scope))
                    span.set_attribute("http.response.status_code", recorder.status)


class _StatusRecorder:
    """Sends the response and remembers its status; 500 when none was sent."""

    __slots__ = ("_send", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


@lru_cache(maxsize=5_000)  # of a service's routes with the statuses they answer; `labels` costs more
def _durations_of(method: str, route: str, status: int) -> Histogram:
    return _DURATIONS.labels(method, route, status)


def _begin_trace() -> Context:
    """Make the context of a trace that begins here and that nobody records: logs and events name it."""
    ids = SpanContext(_IDS.generate_trace_id(), _IDS.generate_span_id(), is_remote=False)
    return trace.set_span_in_context(NonRecordingSpan(ids), _NOTHING)


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unmatched")


def _read_parent(scope: Scope) -> Context | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return _W3C.extract({"traceparent": value.decode("latin-1")})
    return None


@contextmanager
def linked_span(name: str, traceparents: Sequence[str | None]) -> Iterator[None]:
    """Open a consumer's span, linked to the spans that caused the events."""
    parents = [_W3C.extract({"traceparent": text}) for text in traceparents if text]
    links = [Link(trace.get_current_span(parent).get_span_context()) for parent in parents]
    tracer = trace.get_tracer(__name__)
    with tracer.start_as_current_span(name, links=links, kind=SpanKind.CONSUMER):
        yield
