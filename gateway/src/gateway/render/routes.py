"""The route file: routes for the contracts' paths, and the deny list. No path is rewritten."""

import re
from collections.abc import Sequence

from gateway.contracts import Contracts, CrossOrigin, Operation, Policy
from gateway.render import rbac
from gateway.render.cross_origin import build_preflight_routes, share_answers
from gateway.render.filter_exceptions import answer_at_once, build_exceptions, open_to_all
from gateway.render.protos import Json, build_extension, build_header, pack_any
from gateway.render.route_groups import COUNCIL, PARAMETER, RouteGroup, group_operations
from gateway.snapshot import Snapshot

NAME = "townhall"
MAX_EXCHANGE = 120
"""Seconds from a request's beginning to its answer's end. Streams have their own limit."""

_HEALTH = '{"status":"ok"}\n'
# Where no tracer runs, Envoy gives a request without a trace context one of its own: 32 hexadecimal
# digits. The last 16 begin with random ones, for samplers look at those.
_TRACEPARENT = (
    "00-%START_TIME(%s)%00000%REQ(x-request-id):8%%START_TIME(%9f)%-%REQ(x-request-id):8%00000001-01"
)


def build_routes(
    contracts: Contracts, snapshot: Snapshot | None, *, tracing: bool = False, bare: bool = False
) -> Json:
    """Build the route file. ``bare`` leaves out everything that configures a filter."""
    routes = [
        _build_two_hosts_route(bare=bare),
        *build_preflight_routes(contracts.cross_origin, bare=bare),
        *(_build_route(group, bare=bare) for group in group_operations(contracts.operations)),
        _build_health_route(bare=bare),
        *_build_not_found_routes(contracts.cross_origin, bare=bare),
    ]
    configuration: Json = {
        "name": NAME,
        "virtual_hosts": [{"name": NAME, "domains": ["*"], "routes": routes, "retry_policy": _RETRY_POLICY}],
    }
    if not bare:
        deny_list = rbac.build_deny_list(snapshot, _list_region_parts(contracts.operations))
        configuration["typed_per_filter_config"] = {rbac.FILTER: deny_list}
    if not tracing:
        configuration["request_headers_to_add"] = [build_header("traceparent", _TRACEPARENT, "ADD_IF_ABSENT")]
    return {"resources": [pack_any("envoy.config.route.v3.RouteConfiguration", **configuration)]}


def _build_route(group: RouteGroup, *, bare: bool) -> Json:
    policy = group.policy
    match: Json = {"safe_regex": {"regex": _write_expression(group.paths)}}
    if group.methods:
        methods = "|".join(sorted(group.methods))
        match["headers"] = [{"name": ":method", "string_match": {"safe_regex": {"regex": methods}}}]
    route: Json = {
        "name": policy.service,
        "match": match,
        "route": {"cluster": policy.service, **_set_timeout(policy)},
        **share_answers(policy.cross_origin),
    }
    return route if bare else {**route, **build_exceptions(policy)}


def _set_timeout(policy: Policy) -> Json:
    """Limit the time for the answer once the request is complete; for a stream, the whole exchange.

    A route has one of the two, never both. A stream is not sent again: what was forwarded is not kept.
    """
    seconds = f"{policy.timeout:g}s"
    if policy.stream:
        return {"max_stream_duration": {"max_stream_duration": seconds}, "retry_policy": {}}
    return {"timeout": seconds}


def _write_expression(paths: Sequence[str]) -> str:
    """Write one expression for all the paths, sorted so that common beginnings stand together."""
    return "|".join("[^/]+".join(re.escape(part) for part in PARAMETER.split(path)) for path in sorted(paths))


def _build_health_route(*, bare: bool) -> Json:
    """Answer whether Envoy itself runs; the services have their own readiness."""
    return {
        "name": "health",
        "match": {"path": "/health"},
        "direct_response": {"status": 200, "body": {"inline_string": _HEALTH}},
        "response_headers_to_add": [
            build_header("content-type", "application/json", "OVERWRITE_IF_EXISTS_OR_ADD")
        ],
        **open_to_all(bare=bare),
    }


def _build_two_hosts_route(*, bare: bool) -> Json:
    """Refuse two Host headers, which Envoy joins with a comma: a proxy in front may have read the other."""
    return {
        "name": "two-hosts",
        "match": {
            "prefix": "/",
            "headers": [{"name": ":authority", "string_match": {"contains": ","}}],
        },
        "direct_response": {"status": 400},
        **answer_at_once(bare=bare),
    }


def _build_not_found_routes(cross_origin: Sequence[CrossOrigin], *, bare: bool) -> list[Json]:
    """Answer 404 for every path no contract names, and for CONNECT, which has no path."""
    matches: list[tuple[Json, Json]] = [
        *(({"safe_regex": {"regex": row.paths}}, share_answers(row)) for row in cross_origin),
        ({"prefix": "/"}, {}),
        ({"connect_matcher": {}}, {}),
    ]
    return [
        {
            "name": "nowhere",
            "match": match,
            "direct_response": {"status": 404},
            **headers,
            **open_to_all(bare=bare),
        }
        for match, headers in matches
    ]


def _list_region_parts(operations: Sequence[Operation]) -> list[str]:
    """List the first path parts of the region-wide operations."""
    first_parts = {operation.path.split("/")[1] for operation in operations}
    return sorted(first_parts - {COUNCIL})


# Retry only what cannot have reached the service: repeating that is safe for every method. Not on the host
# that has just failed, if there is another.
_RETRY_POLICY: Json = {
    "retry_on": "connect-failure,refused-stream,reset-before-request",
    "num_retries": 2,
    "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    "host_selection_retry_max_attempts": "3",
    "retry_host_predicate": [
        build_extension(
            "envoy.retry_host_predicates.previous_hosts",
            "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        )
    ],
}
