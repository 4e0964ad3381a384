"""Traces, metrics and JSON logs, from one place. No personal data, no tokens, no query strings in any.

Spans are made here rather than by the stock ASGI instrumentation, which costs a multiple per request and
records full URLs, and with them keys and addresses.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBasedTraceIdRatio
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.settings import Settings

_W3C = TraceContextTextMapPropagator()
_SERVER_FAULT = 500


class JsonLines(logging.Formatter):
    """One JSON object a line."""

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
    logging.getLogger("httpx").setLevel(logging.WARNING)  # logs full URLs at INFO


def start(service: str, settings: Settings) -> None:
    """Set the process's tracer and meter providers; the first call in a process decides."""
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    resource = Resource.create({"service.name": service, "deployment.region": settings.region})
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        tracing = TracerProvider(resource=resource, sampler=ParentBasedTraceIdRatio(settings.trace_ratio))
        tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint)))
    else:  # nobody listens: contexts still travel, nothing is recorded
        tracing = TracerProvider(resource=resource, sampler=ALWAYS_OFF)
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[PrometheusMetricReader()]))


class Telemetry:
    """ASGI middleware: a server span and a duration for every request, by route and not by path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tracer = trace.get_tracer(__name__)
        self._duration = metrics.get_meter(__name__).create_histogram(
            "http.server.request.duration", unit="s", description="Duration of requests"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = _SERVER_FAULT
        started = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracer.start_as_current_span(
            scope["method"], context=_parent(scope), kind=SpanKind.SERVER
        ) as span:
            try:
                await self._app(scope, receive, sending)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                attributes: dict[str, Any] = {
                    "http.request.method": scope["method"],
                    "http.route": route,
                    "http.response.status_code": status,
                }
                if span.is_recording():
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attributes(attributes)
                self._duration.record(time.perf_counter() - started, attributes)


def _parent(scope: Scope) -> Any:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return _W3C.extract({"traceparent": value.decode("latin-1")})
    return None


@contextmanager
def linked_span(name: str, traceparents: Sequence[str | None]) -> Iterator[None]:
    """A consumer's span, linked to the spans that caused the events."""
    contexts = [_W3C.extract({"traceparent": parent}) for parent in traceparents if parent]
    links = [Link(trace.get_current_span(context).get_span_context()) for context in contexts]
    tracer = trace.get_tracer(__name__)
    with tracer.start_as_current_span(name, links=links, kind=SpanKind.CONSUMER):
        yield
