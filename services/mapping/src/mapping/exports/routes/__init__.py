"""Downloads."""

from mapping.exports.routes import planning

__all__ = ["ROUTERS"]

ROUTERS = (planning.router,)
