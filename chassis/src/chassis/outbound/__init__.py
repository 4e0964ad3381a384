"""HTTP calls to other servers: safe, bounded, and tried again where that does no harm."""

from chassis.outbound.client import Outbound
from chassis.outbound.connections import resolve_host
from chassis.outbound.errors import OutboundError
from chassis.outbound.requests import Reach, Request, Response

__all__ = ["Outbound", "OutboundError", "Reach", "Request", "Response", "resolve_host"]
