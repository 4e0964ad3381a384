"""Envoy's configuration as plain data: no I/O, and the same input gives the same files.

Envoy reads the bootstrap once when it starts, and watches the files of clusters and routes.
"""

from gateway.render.bootstrap import build_bootstrap
from gateway.render.clusters import build_clusters
from gateway.render.members import build_members
from gateway.render.routes import build_routes

__all__ = ["build_bootstrap", "build_clusters", "build_members", "build_routes"]
