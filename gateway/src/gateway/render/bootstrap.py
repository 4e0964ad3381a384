"""The bootstrap: what Envoy reads when it starts."""

from collections.abc import Sequence
from pathlib import Path

from gateway.contracts import ErrorShape
from gateway.render.clusters import build_issuer_cluster
from gateway.render.listener import build_listener
from gateway.render.members import NAME as MEMBERS
from gateway.render.members import build_members_cluster
from gateway.render.protos import Json, build_address, build_config_source, build_extension
from gateway.render.telemetry import build_collector_clusters
from gateway.settings import Settings

CLUSTERS_FILE = "clusters.json"
ROUTES_FILE = "routes.json"
MEMBERS_FILE = "members.json"
WATCHED_FOLDER = "dynamic"
"""The folder Envoy watches. Only finished files are moved into it."""


def build_bootstrap(
    settings: Settings, shapes: Sequence[ErrorShape], folder: Path, *, bare: bool = False
) -> Json:
    """Build the bootstrap. Below ``folder`` lie the folders that Envoy watches.

    ``bare`` leaves out the HTTP filters and nothing else, to measure what they cost.
    """
    watched = folder / WATCHED_FOLDER
    cluster_source = build_config_source(str(watched / CLUSTERS_FILE), str(watched))
    route_source = build_config_source(str(watched / ROUTES_FILE), str(watched))
    return {
        "node": {"id": "gateway", "cluster": "gateway"},
        # Always on loopback, whatever the listener's address is: the admin can stop Envoy.
        "admin": {"address": build_address("127.0.0.1", settings.admin_port)},
        "dynamic_resources": {"cds_config": cluster_source},
        "static_resources": {
            "listeners": [build_listener(settings, shapes, route_source, bare=bare)],
            "clusters": [
                build_issuer_cluster(settings),
                build_members_cluster(str(watched / MEMBERS_FILE), str(watched)),
                *build_collector_clusters(settings),
            ],
        },
        "cluster_manager": {"local_cluster_name": MEMBERS},
        "layered_runtime": {"layers": [{"name": "static", "static_layer": _RUNTIME}]},
        "overload_manager": _build_overload_manager(settings),
    }


# One expression carries many paths; Envoy's own bound is meant for one written by hand.
_RUNTIME: Json = {"re2.max_program_size.error_level": 100_000, "re2.max_program_size.warn_level": 100_000}


def _build_overload_manager(settings: Settings) -> Json:
    """Close connections over the limit at once; refuse new requests with 503 when short of memory."""
    connections = build_extension(
        "envoy.resource_monitors.global_downstream_max_connections",
        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=settings.connections,
    )
    heap = "envoy.resource_monitors.fixed_heap"
    memory = build_extension(
        heap,
        "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
        max_heap_size_bytes=settings.memory * 1_048_576,
    )
    refuse_requests = {
        "name": "envoy.overload_actions.stop_accepting_requests",
        "triggers": [{"name": heap, "threshold": {"value": 0.95}}],
    }
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [connections, memory],
        "actions": [refuse_requests],
    }
