"""Answers that scripts of every site may read (the CORS protocol of the Fetch standard), without cookies.

The headers are the same for every origin: a cache may keep the answers, and no filter is needed.
"""

from collections.abc import Sequence

from gateway.contracts import CrossOrigin
from gateway.render.filter_exceptions import answer_at_once
from gateway.render.protos import Json, build_header

_ORIGIN = ("access-control-allow-origin", "*")
_EXPOSED = ("RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-Id")
# What operations read, of those that browsers do not send unasked: a change needs If-Match.
_SENT = "Authorization, Content-Crs, Content-Type, Idempotency-Key, If-Match, If-None-Match, Key, X-Api-Key"
_ALLOWED = ("access-control-allow-headers", _SENT)
_MAX_AGE = ("access-control-max-age", "86400")


def share_answers(row: CrossOrigin | None) -> Json:
    """Build what a route adds to every answer, also to the gateway's own."""
    if row is None:
        return {}
    exposed = ", ".join(sorted({*_EXPOSED, *row.expose}))
    return _add_headers(_ORIGIN, ("access-control-expose-headers", exposed))


def build_preflight_routes(rows: Sequence[CrossOrigin], *, bare: bool) -> list[Json]:
    """Answer what browsers ask before a request with headers of its own. They send no credential then."""
    return [_build_preflight_route(row, bare=bare) for row in rows]


def _build_preflight_route(row: CrossOrigin, *, bare: bool) -> Json:
    is_preflight = [
        {"name": ":method", "string_match": {"exact": "OPTIONS"}},
        {"name": "access-control-request-method", "present_match": True},
    ]
    methods = ("access-control-allow-methods", ", ".join(row.methods))
    return {
        "name": "preflight",
        "match": {"safe_regex": {"regex": row.paths}, "headers": is_preflight},
        "direct_response": {"status": 204},
        **_add_headers(_ORIGIN, methods, _ALLOWED, _MAX_AGE),
        **answer_at_once(bare=bare),
    }


def _add_headers(*headers: tuple[str, str]) -> Json:
    """Replace headers of the same names: a service may set its own where no gateway stands before it."""
    added = [build_header(name, value, "OVERWRITE_IF_EXISTS_OR_ADD") for name, value in headers]
    return {"response_headers_to_add": added}
