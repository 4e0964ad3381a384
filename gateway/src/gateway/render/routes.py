"""The route file: from the contracts' paths and the councils to Envoy's routes.

Paths with one policy share one route and one expression, for an expression costs the same whether it names
one path or fifty. Nothing is rewritten on the way.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.contracts import Operation, Policy
from gateway.render import denials, tokens
from gateway.render.protos import Json, header, typed
from gateway.snapshot import Snapshot

NAME = "townhall"
BUFFER = "bodies"
MAX_BODY = 1_048_576
"""Bytes of a body where the route says nothing else."""
LONGEST = 120
"""Seconds from a request's beginning to its answer's end, but for streams, which say so themselves."""

_PARAMETER = re.compile(r"\{[^/{}]+\}")
_COUNCIL = "{council}"
_HEALTH = '{"status":"ok"}\n'
# Where no tracer runs, Envoy gives a request without a trace context one of its own: 32 hexadecimal
# digits, of which the last 16 begin with random ones, for samplers look at those.
_TRACEPARENT = (
    "00-%START_TIME(%s)%00000%REQ(x-request-id):8%%START_TIME(%9f)%-%REQ(x-request-id):8%00000001-01"
)
_BUFFER = "envoy.extensions.filters.http.buffer.v3.BufferPerRoute"


@dataclass(slots=True)
class Group:
    """Paths with one policy. No ``methods`` means every method."""

    policy: Policy
    methods: frozenset[str]
    paths: list[str] = field(default_factory=list)

    def takes(self, other: "Group") -> bool:
        return self.policy == other.policy and self.methods == other.methods

    def overlaps(self, path: str) -> bool:
        return any(_overlap(path, mine) for mine in self.paths)


def routes(
    operations: Sequence[Operation], snapshot: Snapshot | None, *, tracing: bool = False, bare: bool = False
) -> Json:
    """The route file. ``bare`` leaves out everything that is a filter's."""
    table = [_route(group, bare=bare) for group in groups(operations)]
    table += [_health(bare=bare), *_nowhere(bare=bare)]
    made: Json = {
        "name": NAME,
        "virtual_hosts": [{"name": NAME, "domains": ["*"], "routes": table, "retry_policy": _RETRY}],
    }
    if not bare:
        made["typed_per_filter_config"] = {denials.FILTER: denials.denials(snapshot, _parts(operations))}
    if not tracing:
        made["request_headers_to_add"] = [header("traceparent", _TRACEPARENT, "ADD_IF_ABSENT")]
    return {"resources": [typed("envoy.config.route.v3.RouteConfiguration", **made)]}


def groups(operations: Sequence[Operation]) -> list[Group]:
    """The fewest groups in which a literal path still comes before a template that would take it too."""
    made: list[Group] = []
    for one in sorted(_single(operations), key=_order):
        path = one.paths[0]
        for group in reversed(made):
            if group.takes(one):
                group.paths.append(path)
                break
            if group.overlaps(path):
                made.append(one)
                break
        else:
            made.append(one)
    return made


def _order(group: Group) -> tuple[bool, int]:
    """Councils' paths first, for they are asked most; then those with the fewest parameters."""
    path = group.paths[0]
    return not path.startswith(f"/{_COUNCIL}/"), len(_PARAMETER.findall(path))


def _single(operations: Sequence[Operation]) -> Iterable[Group]:
    """Each path by itself. Methods are told apart only where their policies differ: a method the contract
    lacks goes to the service, which knows how to refuse it."""
    by_path: dict[str, dict[Policy, set[str]]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {}).setdefault(operation.policy, set()).add(operation.method)
    for path, policies in by_path.items():
        strictest = min(
            policies, key=lambda policy: (policy.public, policy.stream, policy.body, policy.timeout)
        )
        for policy, methods in policies.items():
            if policy != strictest:
                yield Group(policy, frozenset(methods), [path])
        yield Group(strictest, frozenset(), [path])


def _overlap(path: str, other: str) -> bool:
    """Whether one address can match both templates."""
    mine, theirs = path.split("/"), other.split("/")
    return len(mine) == len(theirs) and all(
        a == b or _PARAMETER.search(a) or _PARAMETER.search(b) for a, b in zip(mine, theirs, strict=True)
    )


def _route(group: Group, *, bare: bool) -> Json:
    policy = group.policy
    match: Json = {"safe_regex": {"regex": _expression(group.paths)}}
    if group.methods:
        methods = "|".join(sorted(group.methods))
        match["headers"] = [{"name": ":method", "string_match": {"safe_regex": {"regex": methods}}}]
    route: Json = {
        "name": policy.service,
        "match": match,
        "route": {"cluster": policy.service, **_patience(policy)},
    }
    own = {} if bare else _own(policy)
    return {**route, "typed_per_filter_config": own} if own else route


def _patience(policy: Policy) -> Json:
    """How long the answer may take once the request is there; of a stream, the whole exchange.

    Envoy knows a route by the one or by the other, never both. A stream is not sent twice: what has flowed
    on is not kept.
    """
    seconds = f"{policy.timeout:g}s"
    if policy.stream:
        return {"max_stream_duration": {"max_stream_duration": seconds}, "retry_policy": {}}
    return {"timeout": seconds}


def _own(policy: Policy) -> Json:
    """What this route asks of the filters beyond the usual."""
    own: Json = {}
    if policy.public:
        own[tokens.FILTER] = tokens.optional()
    if policy.stream:
        own[BUFFER] = typed(_BUFFER, disabled=True)
    elif policy.body != MAX_BODY:
        own[BUFFER] = typed(_BUFFER, buffer={"max_request_bytes": max(1, policy.body)})
    return own


def _expression(paths: Sequence[str]) -> str:
    """One expression for all the paths, those with the same beginning side by side."""
    return "|".join(
        "[^/]+".join(re.escape(part) for part in _PARAMETER.split(path)) for path in sorted(paths)
    )


def _health(*, bare: bool) -> Json:
    """Whether Envoy answers; what stands behind it has its own readiness."""
    return {
        "name": "health",
        "match": {"path": "/health"},
        "direct_response": {"status": 200, "body": {"inline_string": _HEALTH}},
        "response_headers_to_add": [header("content-type", "application/json", "OVERWRITE_IF_EXISTS_OR_ADD")],
        **_open(bare=bare),
    }


def _nowhere(*, bare: bool) -> list[Json]:
    """Everything no contract names; CONNECT has no path at all."""
    anything: list[Json] = [{"prefix": "/"}, {"connect_matcher": {}}]
    return [
        {"name": "nowhere", "match": match, "direct_response": {"status": 404}, **_open(bare=bare)}
        for match in anything
    ]


def _open(*, bare: bool) -> Json:
    """No council to look up, and no body to wait for. A credential that is sent is checked all the same,
    for with it go the headers that only the check may fill."""
    if bare:
        return {}
    off = typed("envoy.config.route.v3.FilterConfig", disabled=True)
    own = {tokens.FILTER: tokens.optional(), denials.FILTER: off, BUFFER: off}
    return {"typed_per_filter_config": own}


def _parts(operations: Sequence[Operation]) -> list[str]:
    """First path parts of the region-wide operations."""
    return sorted({first for one in operations if (first := one.path.split("/")[1]) != _COUNCIL})


# Only what cannot have reached the service: repeating that is safe for every method.
_RETRY: Json = {
    "retry_on": "connect-failure,refused-stream,reset-before-request",
    "num_retries": 2,
    "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
}
