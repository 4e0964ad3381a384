"""What Envoy reads when it starts: the listener, its filters, and where the files it watches are."""

from pathlib import Path

from gateway.render import telemetry
from gateway.render.clusters import issuer
from gateway.render.listener import listener
from gateway.render.protos import Json, discovery, endpoint, named
from gateway.settings import Settings

CLUSTERS_FILE = "clusters.json"
ROUTES_FILE = "routes.json"


def bootstrap(settings: Settings, folder: Path, *, bare: bool = False) -> Json:
    """``folder`` is where Envoy finds the files it watches.

    ``bare`` leaves out the HTTP filters and nothing else: the limit that a measurement compares with.
    """
    return {
        "node": {"id": "gateway", "cluster": "gateway"},
        # On loopback whatever the listener's address is: it can stop Envoy.
        "admin": {"address": endpoint("127.0.0.1", settings.admin_port)},
        "dynamic_resources": {"cds_config": discovery(str(folder / CLUSTERS_FILE), str(folder))},
        "static_resources": {
            "listeners": [listener(settings, discovery(str(folder / ROUTES_FILE), str(folder)), bare=bare)],
            "clusters": [issuer(settings), *telemetry.collectors(settings)],
        },
        "layered_runtime": {"layers": [{"name": "static", "static_layer": _RUNTIME}]},
        "overload_manager": _overload(settings),
    }


# One expression carries many paths; Envoy's own bound is meant for one written by hand.
_RUNTIME: Json = {"re2.max_program_size.error_level": 100_000, "re2.max_program_size.warn_level": 100_000}


def _overload(settings: Settings) -> Json:
    """Too many connections are closed at once; short of memory, new requests are refused with 503."""
    connections = named(
        "envoy.resource_monitors.global_downstream_max_connections",
        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=settings.connections,
    )
    heap = "envoy.resource_monitors.fixed_heap"
    memory = named(
        heap,
        "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
        max_heap_size_bytes=settings.memory * 1_048_576,
    )
    refuse = {
        "name": "envoy.overload_actions.stop_accepting_requests",
        "triggers": [{"name": heap, "threshold": {"value": 0.95}}],
    }
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [connections, memory],
        "actions": [refuse],
    }
