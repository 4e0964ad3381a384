"""Envoy's configuration as plain data: no I/O, the same input gives the same files.

``bootstrap`` is read once when Envoy starts; ``clusters`` and ``routes`` are the files it watches.
"""

from gateway.render.bootstrap import bootstrap
from gateway.render.clusters import clusters
from gateway.render.routes import routes

__all__ = ["bootstrap", "clusters", "routes"]
