"""Clusters: one upstream for each service."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from gateway.render.protos import Json, build_address, pack_any
from gateway.settings import Settings, split_hosts

ISSUER = "issuer"
_CLUSTER = "envoy.config.cluster.v3.Cluster"
_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
# uvicorn closes an idle connection after 5 s. Envoy closes first, or it would send a request into it.
_IDLE_TIMEOUT = "4s"


def build_clusters(settings: Settings) -> Json:
    """Build the cluster file."""
    clusters = [
        {**build_cluster(name, split_hosts(upstream)), **_HEALTH_CHECK}
        for name, upstream in settings.upstreams.items()
    ]
    return {"resources": [pack_any(_CLUSTER, **cluster) for cluster in clusters]}


def build_issuer_cluster(settings: Settings) -> Json:
    """Build the cluster of the issuer's keys: part of the bootstrap, so that it exists from the start."""
    cluster = build_cluster(ISSUER, [urlsplit(url).netloc for url in settings.identity_base_urls])
    # Behind a URL of its own may stand a proxy, which has no readiness.
    return cluster if settings.identity_url else {**cluster, **_HEALTH_CHECK}


def build_cluster(name: str, hosts: Sequence[str]) -> Json:
    """Build the cluster of hosts, each ``host:port``; a host's name may stand for many addresses."""
    return {
        "name": name,
        "type": "STRICT_DNS",
        "dns_refresh_rate": "2s",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [_build_endpoint(host) for host in hosts]}],
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


def _build_endpoint(host: str) -> Json:
    parts = urlsplit(f"//{host}")
    return {"endpoint": {"address": build_address(str(parts.hostname), int(parts.port or 0))}}


# A host that says 503 is out at once, one that does not answer after three checks. A service drains for
# longer than one check takes (docs/restarts.md). With no host ready (below 1 %) all are asked: the service's
# own answer says more than the gateway's.
_HEALTH_CHECK: Json = {
    "health_checks": [
        {
            "timeout": "2s",
            "interval": "1s",
            "no_traffic_interval": "1s",  # by default a minute: so long would a host that starts later wait
            "unhealthy_threshold": 3,
            "healthy_threshold": 1,
            "http_health_check": {"path": "/health/ready"},
        }
    ],
    "common_lb_config": {
        "healthy_panic_threshold": {"value": 1},
        "update_merge_window": "0s",  # by default a second change within a second waits for its end
    },
}

_CIRCUIT_BREAKER: Json = {
    "max_connections": 512,
    "max_pending_requests": 1024,
    "max_requests": 2048,
    "retry_budget": {"budget_percent": {"value": 50}, "min_retry_concurrency": 100},
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
