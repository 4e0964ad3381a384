"""The operations of MapIt."""

from mapping.mapit.routes import areas, index, lists, places
from mapping.mapit.routes.responses import cross_origin, shape

__all__ = ["ROUTERS", "cross_origin", "shape"]

ROUTERS = (places.router, areas.router, lists.router, index.router)
