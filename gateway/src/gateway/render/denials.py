"""Who is refused whatever the signature says: revoked credentials, unknown and suspended councils.

One RBAC filter with a matching tree instead of a list of policies: a look-up in a hash map for the ids and
in a trie for the councils, so that thousands of either cost no more than one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from gateway.render.protos import Json, named, typed
from gateway.snapshot import Claim, Revoked, Snapshot

FILTER = "denials"
CLIENT = "x-townhall-client"
HEADERS: dict[Claim, str] = {
    "jti": "x-townhall-token",
    "client_id": CLIENT,
    "sub": "x-townhall-subject",
    "mandate": "x-townhall-mandate",
}
"""The headers that carry a token's claims here."""
ISSUED = "x-townhall-issued"

REVOKED = "revoked-credential"
SUSPENDED = "council-suspended"
UNKNOWN = "unknown-council"
STARTING = "gateway-starting"
_ALLOWED = "allowed"

_EVER = 1 << 62  # later than any token is issued
_MANY = 50  # refused up to the same second: worth a comparison of their own
_MOMENTS = 4  # such seconds at most, for each costs every request

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
    tree = _action(UNKNOWN if snapshot else STARTING)
    tree = _look_up(":path", "prefix_match_map", {at: _action(name) for at, name in places.items()}, tree)
    if snapshot:
        for claim in HEADERS:
            tree = _refused_by(claim, snapshot, tree)
    return typed(_PER_ROUTE, rbac={"matcher": tree.get("matcher") or {"on_no_match": tree}})


def _refused_by(claim: Claim, snapshot: Snapshot, otherwise: Json) -> Json:
    """What is refused by one claim. An id whose claim is not known is looked for in all; of an id that
    several refuse, what any refuses is refused.

    Where a council's roles change, many are refused up to the same second: it is compared once for all.
    """
    found = sorted((one for one in snapshot.revoked if one.claim in (claim, None)), key=_until)
    until = {one.id: _until(one) for one in found}
    counted = Counter(second for second in until.values() if second < _EVER)
    shared = [second for second, ids in counted.most_common(_MOMENTS) if ids >= _MANY]
    alone = {name: _refusal(second) for name, second in until.items() if second not in shared}
    tree = _look_up(HEADERS[claim], "exact_match_map", alone, otherwise)
    for second in shared:
        ids = dict.fromkeys((name for name, its in until.items() if its == second), _action(REVOKED))
        tree = _up_to(second, _look_up(HEADERS[claim], "exact_match_map", ids), tree)
    return tree


def _until(one: Revoked) -> int:
    """The last second whose tokens are refused, for one of them may have been issued before the refusal."""
    return _EVER if one.issued_before is None else int(one.issued_before.timestamp())


def _refusal(second: int) -> Json:
    return _action(REVOKED) if second == _EVER else _up_to(second, _action(REVOKED))


def _up_to(second: int, then: Json, otherwise: Json | None = None) -> Json:
    """What holds for tokens issued up to a second; where ``then`` finds nothing, ``otherwise`` goes on."""
    earlier = {"safe_regex": {"google_re2": {}, "regex": not_above(second)}}
    predicate = {"single_predicate": {"input": _header(ISSUED), "value_match": earlier}}
    tree: Json = {"matcher_list": {"matchers": [{"predicate": predicate, "on_match": then}]}}
    return {"matcher": tree | ({"on_no_match": otherwise} if otherwise else {})}


def not_above(number: int) -> str:
    """An expression for the decimal numbers from 0 up to this one: Envoy compares no numbers here."""
    digits = str(number)
    shorter = [rf"\d{{1,{len(digits) - 1}}}"] if len(digits) > 1 else []
    below = [
        rf"{digits[:place]}[0-{int(digit) - 1}]\d{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if digit != "0"
    ]
    return "|".join([*shorter, *below, digits])


def _look_up(name: str, kind: str, found: Mapping[str, Json], otherwise: Json | None = None) -> Json:
    """A header's value looked up; Envoy takes no empty map."""
    if not found and otherwise:
        return otherwise
    tree: Json = {"matcher_tree": {"input": _header(name), kind: {"map": found}}}
    return {"matcher": tree | ({"on_no_match": otherwise} if otherwise else {})}


def _header(name: str) -> Json:
    return named("header", "envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name=name)


def _action(name: str) -> Json:
    """Named for the log and for the body of the answer (``replies``)."""
    verdict = "ALLOW" if name == _ALLOWED else "DENY"
    return {"action": named(name, "envoy.config.rbac.v3.Action", name=name, action=verdict)}
