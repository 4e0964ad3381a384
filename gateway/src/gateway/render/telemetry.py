"""Access log, and traces where a collector is set.

Neither holds a query string, a token, a client's address or a header that a client chooses freely.
"""

from urllib.parse import urlsplit

from gateway.render.claim_headers import CLIENT
from gateway.render.protos import Json, build_address, build_extension
from gateway.settings import Settings

_COLLECTOR = "collector"
_STDOUT = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
_OTEL = "envoy.config.trace.v3.OpenTelemetryConfig"

# Each field costs every request: these are the ones that help to find a fault.
_LOG_FIELDS: Json = {
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


def build_access_log() -> Json:
    """Build the access log: one JSON object a line on standard output."""
    return {"access_log": [build_extension("stdout", _STDOUT, log_format={"json_format": _LOG_FIELDS})]}


def build_tracing(settings: Settings) -> Json:
    """Build the tracer, if there is a collector. Without one, the routes pass trace contexts on."""
    if not settings.otlp_endpoint:
        return {}
    http = {"http_uri": {"uri": settings.otlp_endpoint, "cluster": _COLLECTOR, "timeout": "2s"}}
    return {
        "tracing": {
            "random_sampling": {"value": settings.trace_ratio * 100},
            "provider": build_extension("opentelemetry", _OTEL, service_name="gateway", http_service=http),
            # The tag http.url would carry the query, so it is cut to one character. url.path replaces it.
            "max_path_tag_length": 1,
            "custom_tags": [{"tag": "url.path", "value": "%PATH(NQ)%"}],
        }
    }


def build_collector_clusters(settings: Settings) -> list[Json]:
    """Build the collector's cluster, if there is a collector."""
    if not settings.otlp_endpoint:
        return []
    parts = urlsplit(settings.otlp_endpoint)
    address = build_address(str(parts.hostname), parts.port or 4318)
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
