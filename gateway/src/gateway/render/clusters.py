"""The upstreams: one cluster for each service."""

from urllib.parse import urlsplit

from gateway.render.protos import Json, endpoint, typed
from gateway.settings import Settings

ISSUER = "issuer"
_CLUSTER = "envoy.config.cluster.v3.Cluster"
_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
# Servers close an idle connection after 5 s (uvicorn's default): let go first, or a request is lost.
_IDLE = "4s"


def clusters(settings: Settings) -> Json:
    """The cluster file."""
    return {"resources": [typed(_CLUSTER, **cluster(name, at)) for name, at in settings.upstreams.items()]}


def issuer(settings: Settings) -> Json:
    """Where the issuer's keys are read: known from the start, before the cluster file is."""
    return cluster(ISSUER, urlsplit(settings.identity).netloc)


def cluster(name: str, at: str) -> Json:
    """An upstream at ``host:port``; a name may stand for many hosts."""
    parts = urlsplit(f"//{at}")
    host, port = str(parts.hostname), int(parts.port or 0)
    return {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": endpoint(host, port)}}]}],
        },
        "typed_extension_protocol_options": {
            _HTTP: typed(
                _HTTP,
                common_http_protocol_options={"idle_timeout": _IDLE},
                explicit_http_config={"http_protocol_options": {}},
            )
        },
        "circuit_breakers": {"thresholds": [_BREAKER]},
        "outlier_detection": _OUTLIERS,
    }


_BREAKER: Json = {
    "max_connections": 512,
    "max_pending_requests": 1024,
    "max_requests": 2048,
    "retry_budget": {"budget_percent": {"value": 20}, "min_retry_concurrency": 10},
}

# A host is set aside when it cannot be reached or answers like a broken proxy, never for its own 500s:
# one council's bad request must not take a host from all. The last host is asked however it behaves.
_OUTLIERS: Json = {
    "split_external_local_origin_errors": True,
    "consecutive_local_origin_failure": 5,
    "consecutive_gateway_failure": 10,
    "enforcing_consecutive_gateway_failure": 100,
    "enforcing_consecutive_5xx": 0,
    "enforcing_success_rate": 0,
    "enforcing_local_origin_success_rate": 0,
    "interval": "1s",
    "base_ejection_time": "5s",
    "max_ejection_time": "30s",
    "max_ejection_percent": 50,
}
