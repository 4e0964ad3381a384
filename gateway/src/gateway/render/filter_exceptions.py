"""What differs on a route from the filters' usual configuration."""

from gateway.contracts import Policy
from gateway.render import jwt_authn, rate_limits, rbac
from gateway.render.protos import Json, pack_any

BUFFER = "bodies"
MAX_BODY = 1_048_576
"""Bytes of a body, where the route does not set another limit."""

_BUFFER_PER_ROUTE = "envoy.extensions.filters.http.buffer.v3.BufferPerRoute"
_OFF = pack_any("envoy.config.route.v3.FilterConfig", disabled=True)


def build_exceptions(policy: Policy) -> Json:
    """Build the exceptions of an operation's route."""
    exceptions: Json = {}
    if policy.public:
        exceptions[jwt_authn.FILTER] = jwt_authn.make_token_optional()
    if policy.stream:
        # Switched off by its own exception, the filter would run all the same.
        exceptions[BUFFER] = _OFF
    elif policy.body != MAX_BODY:
        limit = {"max_request_bytes": max(1, policy.body)}
        exceptions[BUFFER] = pack_any(_BUFFER_PER_ROUTE, buffer=limit)
    return {"typed_per_filter_config": exceptions} if exceptions else {}


def open_to_all(*, bare: bool) -> Json:
    """Switch off the deny list and the wait for a body.

    A token that is sent is still checked, because the check removes the headers that clients may not send.
    """
    exceptions = {jwt_authn.FILTER: jwt_authn.make_token_optional(), rbac.FILTER: _OFF, BUFFER: _OFF}
    return {} if bare else {"typed_per_filter_config": exceptions}


def answer_at_once(*, bare: bool) -> Json:
    """Switch off all but the limit of all requests of an address: who asks makes no difference."""
    filters = (jwt_authn.FILTER, rbac.FILTER, rate_limits.FILTER, BUFFER)
    return {} if bare else {"typed_per_filter_config": dict.fromkeys(filters, _OFF)}
