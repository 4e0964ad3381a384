"""Downloads."""

from mapping.exports.routes import downloads, planning

__all__ = ["ROUTERS"]

ROUTERS = (planning.router, downloads.router)
