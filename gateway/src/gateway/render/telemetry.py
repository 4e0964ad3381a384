"""What can be seen of a request: the access log, and the trace where a collector listens.

Neither holds a query string, a token, a client's address or a header that a client chooses freely.
"""

from urllib.parse import urlsplit

from gateway.render.denials import CLIENT
from gateway.render.protos import Json, endpoint, named
from gateway.settings import Settings

_COLLECTOR = "collector"
_STDOUT = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
_OTEL = "envoy.config.trace.v3.OpenTelemetryConfig"

# Each field costs every request: these are the ones a fault is found with.
_LINE: Json = {
    "time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "path": "%PATH(NQ)%",
    "status": "%RESPONSE_CODE%",
    "why": "%RESPONSE_CODE_DETAILS%",
    "ms": "%DURATION%",
    "client": f"%REQ({CLIENT})%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "traceparent": "%REQ(TRACEPARENT)%",
}


def request_log() -> Json:
    """One JSON object a line on standard output."""
    return {"access_log": [named("stdout", _STDOUT, log_format={"json_format": _LINE})]}


def tracing(settings: Settings) -> Json:
    """Spans to the collector. Without one, contexts still travel (see ``routes``)."""
    if not settings.otlp_endpoint:
        return {}
    http = {"http_uri": {"uri": settings.otlp_endpoint, "cluster": _COLLECTOR, "timeout": "2s"}}
    return {
        "tracing": {
            "random_sampling": {"value": settings.trace_ratio * 100},
            "provider": named("opentelemetry", _OTEL, service_name="gateway", http_service=http),
            # The tag http.url would carry the query: it is cut to its first character, the path follows.
            "max_path_tag_length": 1,
            "custom_tags": [{"tag": "url.path", "value": "%PATH(NQ)%"}],
        }
    }


def collectors(settings: Settings) -> list[Json]:
    """The cluster of the collector, if there is one."""
    if not settings.otlp_endpoint:
        return []
    parts = urlsplit(settings.otlp_endpoint)
    address = endpoint(str(parts.hostname), parts.port or 4318)
    return [
        {
            "name": _COLLECTOR,
            "type": "STRICT_DNS",
            "connect_timeout": "1s",
            "load_assignment": {
                "cluster_name": _COLLECTOR,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
            },
        }
    ]
