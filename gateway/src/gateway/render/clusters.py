"""Clusters: one upstream for each service."""

from urllib.parse import urlsplit

from gateway.render.protos import Json, build_address, pack_any
from gateway.settings import Settings

ISSUER = "issuer"
_CLUSTER = "envoy.config.cluster.v3.Cluster"
_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
# uvicorn closes an idle connection after 5 s. Envoy closes first, or it would send a request into it.
_IDLE_TIMEOUT = "4s"


def build_clusters(settings: Settings) -> Json:
    """Build the cluster file."""
    clusters = [build_cluster(name, target) for name, target in settings.upstreams.items()]
    return {"resources": [pack_any(_CLUSTER, **cluster) for cluster in clusters]}


def build_issuer_cluster(settings: Settings) -> Json:
    """Build the cluster of the issuer's keys: part of the bootstrap, so that it exists from the start."""
    return build_cluster(ISSUER, urlsplit(settings.identity_base_url).netloc)


def build_cluster(name: str, target: str) -> Json:
    """Build the cluster of ``host:port``; a host name may stand for many hosts."""
    parts = urlsplit(f"//{target}")
    address = build_address(str(parts.hostname), int(parts.port or 0))
    return {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
        "typed_extension_protocol_options": {
            _HTTP: pack_any(
                _HTTP,
                common_http_protocol_options={"idle_timeout": _IDLE_TIMEOUT},
                explicit_http_config={"http_protocol_options": {}},
            )
        },
        "circuit_breakers": {"thresholds": [_CIRCUIT_BREAKER]},
        "outlier_detection": _OUTLIER_DETECTION,
    }


_CIRCUIT_BREAKER: Json = {
    "max_connections": 512,
    "max_pending_requests": 1024,
    "max_requests": 2048,
    "retry_budget": {"budget_percent": {"value": 20}, "min_retry_concurrency": 10},
}

# A host is ejected when it cannot be reached or answers like a broken proxy, never for its own 500s:
# one council's bad request must not take a host from all. The last host is never ejected.
_OUTLIER_DETECTION: Json = {
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
