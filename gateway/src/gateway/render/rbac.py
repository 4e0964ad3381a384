"""The deny list: revoked credentials, and councils that are suspended.

One RBAC filter with a matching tree instead of a list of policies: it looks ids up in a hash map and
councils in a trie, so that thousands of either cost no more than one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from gateway.render.claim_headers import ISSUED_AT, REVOCABLE
from gateway.render.protos import Json, build_extension, pack_any
from gateway.snapshot import Claim, Revocation, Snapshot

FILTER = "denials"

REVOKED = "revoked-credential"
SUSPENDED = "council-suspended"
STARTING = "gateway-starting"
_ALLOWED = "allowed"

_FOREVER = 1 << 62  # later than any token is issued
_SHARED_MINIMUM = 50  # ids revoked up to the same second, from which they share one comparison
_SHARED_MAXIMUM = 4  # shared comparisons at most, for each costs every request

_RBAC = "envoy.extensions.filters.http.rbac.v3.RBAC"
_RBAC_PER_ROUTE = "envoy.extensions.filters.http.rbac.v3.RBACPerRoute"


def build_rbac_filter() -> Json:
    """Build the filter without rules: the route file brings them."""
    return build_extension(FILTER, _RBAC)


def build_deny_list(snapshot: Snapshot | None, region_parts: Iterable[str]) -> Json:
    """Build the filter's rules. ``region_parts`` are first path parts that belong to no council.

    A council the snapshot lacks may have been made a moment ago: the services say whether they know it.
    Without a snapshot nobody knows which councils are suspended.
    """
    if snapshot is None:
        return _pack_rules(_look_up_paths(dict.fromkeys(region_parts, _ALLOWED), STARTING))
    suspended = [council.slug for council in snapshot.councils if council.status != "active"]
    tree = _look_up_paths(dict.fromkeys(suspended, SUSPENDED), _ALLOWED)
    for claim in REVOCABLE:
        tree = _match_claim(claim, snapshot, tree)
    return _pack_rules(tree)


def _pack_rules(tree: Json) -> Json:
    return pack_any(_RBAC_PER_ROUTE, rbac={"matcher": tree.get("matcher") or {"on_no_match": tree}})


def _look_up_paths(verdicts: Mapping[str, str], otherwise: str) -> Json:
    """Look the path's first part up."""
    actions = {f"/{part}/": _build_action(verdict) for part, verdict in verdicts.items()}
    return _look_up(":path", "prefix_match_map", actions, _build_action(otherwise))


def _match_claim(claim: Claim, snapshot: Snapshot, otherwise: Json) -> Json:
    """Refuse what is revoked by a claim. An id whose claim is not known is looked up in every claim.

    An id may be revoked more than once: the latest second counts. When a council's roles change, many ids
    are revoked up to the same second: those share one comparison.
    """
    revocations = [revocation for revocation in snapshot.revoked if revocation.claim in (claim, None)]
    last_seconds = {item.id: _last_second(item) for item in sorted(revocations, key=_last_second)}
    counts = Counter(second for second in last_seconds.values() if second < _FOREVER)
    shared = [second for second, count in counts.most_common(_SHARED_MAXIMUM) if count >= _SHARED_MINIMUM]
    separate = {id_: _refuse_up_to(second) for id_, second in last_seconds.items() if second not in shared}
    tree = _look_up(REVOCABLE[claim], "exact_match_map", separate, otherwise)
    for second in shared:
        ids = [id_ for id_, last_second in last_seconds.items() if last_second == second]
        actions = dict.fromkeys(ids, _build_action(REVOKED))
        tree = _match_issued_up_to(second, _look_up(REVOCABLE[claim], "exact_match_map", actions), tree)
    return tree


def _last_second(revocation: Revocation) -> int:
    """Get the last second whose tokens are refused: a token of that second may precede the revocation."""
    return _FOREVER if revocation.issued_before is None else int(revocation.issued_before.timestamp())


def _refuse_up_to(second: int) -> Json:
    action = _build_action(REVOKED)
    return action if second == _FOREVER else _match_issued_up_to(second, action)


def _match_issued_up_to(second: int, then: Json, otherwise: Json | None = None) -> Json:
    """Match tokens issued up to a second. Where ``then`` decides nothing, ``otherwise`` decides."""
    up_to = {"safe_regex": {"google_re2": {}, "regex": match_up_to(second)}}
    predicate = {"single_predicate": {"input": _read_header(ISSUED_AT), "value_match": up_to}}
    tree: Json = {"matcher_list": {"matchers": [{"predicate": predicate, "on_match": then}]}}
    return {"matcher": tree | ({"on_no_match": otherwise} if otherwise else {})}


def match_up_to(number: int) -> str:
    """Write an expression for the decimal numbers from 0 to this one: Envoy compares no numbers here."""
    digits = str(number)
    shorter = [rf"\d{{1,{len(digits) - 1}}}"] if len(digits) > 1 else []
    lower = [
        rf"{digits[:place]}[0-{int(digit) - 1}]\d{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if digit != "0"
    ]
    return "|".join([*shorter, *lower, digits])


def _look_up(header: str, map_type: str, actions: Mapping[str, Json], otherwise: Json | None = None) -> Json:
    """Look a header's value up in a map. Envoy refuses an empty map, so none is written."""
    if not actions and otherwise:
        return otherwise
    tree: Json = {"matcher_tree": {"input": _read_header(header), map_type: {"map": actions}}}
    return {"matcher": tree | ({"on_no_match": otherwise} if otherwise else {})}


def _read_header(name: str) -> Json:
    return build_extension("header", "envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name=name)


def _build_action(name: str) -> Json:
    """Build the verdict; the log and the local replies know it by its name."""
    verdict = "ALLOW" if name == _ALLOWED else "DENY"
    return {"action": build_extension(name, "envoy.config.rbac.v3.Action", name=name, action=verdict)}
