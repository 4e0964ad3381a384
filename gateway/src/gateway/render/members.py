"""The gateway's replicas, as Envoy counts them: each takes its share of every limit."""

from collections.abc import Sequence

from gateway.render.protos import Json, build_address, build_config_source, pack_any

NAME = "gateway"
_ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment"


def build_members(addresses: Sequence[str], port: int) -> Json:
    """Build the file of members. Envoy only counts them; it sends them nothing."""
    endpoints = [{"endpoint": {"address": build_address(address, port)}} for address in addresses]
    assignment = pack_any(_ASSIGNMENT, cluster_name=NAME, endpoints=[{"lb_endpoints": endpoints}])
    return {"resources": [assignment]}


def build_members_cluster(file: str, folder: str) -> Json:
    """Build the cluster of the gateway itself: part of the bootstrap, as Envoy requires."""
    return {
        "name": NAME,
        "type": "EDS",
        "connect_timeout": "1s",
        "eds_cluster_config": {"eds_config": build_config_source(file, folder)},
    }
