"""Who is refused whatever the signature says: revoked credentials, unknown and suspended councils.

One RBAC filter with a matching tree instead of a list of policies: a look-up in a hash map for the ids and
in a trie for the councils, so that thousands of either cost no more than one.
"""

from collections.abc import Iterable, Mapping

from gateway.render.protos import Json, named, typed
from gateway.snapshot import Snapshot

FILTER = "denials"
TOKEN = "x-townhall-token"  # noqa: S105 - a header's name: the token's jti
CLIENT = "x-townhall-client"

REVOKED = "revoked-credential"
SUSPENDED = "council-suspended"
UNKNOWN = "unknown-council"
STARTING = "gateway-starting"
_ALLOWED = "allowed"

_RBAC = "envoy.extensions.filters.http.rbac.v3.RBAC"
_PER_ROUTE = "envoy.extensions.filters.http.rbac.v3.RBACPerRoute"


def http_filter() -> Json:
    """The filter without rules: what it refuses comes with the routes."""
    return named(FILTER, _RBAC)


def denials(snapshot: Snapshot | None, region_parts: Iterable[str]) -> Json:
    """What the filter refuses. ``region_parts`` are first path parts that belong to no council.

    Without a snapshot the councils are not known, which is not the same as unknown councils.
    """
    places = {f"/{part}/": _ALLOWED for part in region_parts}
    if snapshot:
        places |= {
            f"/{council.slug}/": _ALLOWED if council.status == "active" else SUSPENDED
            for council in snapshot.councils
        }
    refused = dict.fromkeys((one.id for one in snapshot.revoked), REVOKED) if snapshot else {}
    otherwise = _action(UNKNOWN if snapshot else STARTING)
    place = _look_up(":path", "prefix_match_map", places, otherwise)
    client = _look_up(CLIENT, "exact_match_map", refused, place)
    token = _look_up(TOKEN, "exact_match_map", refused, client)
    return typed(_PER_ROUTE, rbac={"matcher": token.get("matcher") or {"on_no_match": token}})


def _look_up(name: str, kind: str, actions: Mapping[str, str], otherwise: Json) -> Json:
    """A header's value looked up; Envoy takes no empty map."""
    if not actions:
        return otherwise
    tree = {
        "input": named("header", "envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name=name),
        kind: {"map": {key: _action(action) for key, action in actions.items()}},
    }
    return {"matcher": {"matcher_tree": tree, "on_no_match": otherwise}}


def _action(name: str) -> Json:
    """Named for the log and for the body of the answer (``replies``)."""
    verdict = "ALLOW" if name == _ALLOWED else "DENY"
    return {"action": named(name, "envoy.config.rbac.v3.Action", name=name, action=verdict)}
