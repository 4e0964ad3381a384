"""Who is refused whatever the signature says: revoked credentials, unknown and suspended councils.

One RBAC filter with a matching tree instead of a list of policies: a look-up in a hash map for the ids and
in a trie for the councils, so that thousands of either cost no more than one.
"""

import math
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
    for claim, name in HEADERS.items():
        tree = _look_up(name, "exact_match_map", _refusals(snapshot, claim), tree)
    return typed(_PER_ROUTE, rbac={"matcher": tree.get("matcher") or {"on_no_match": tree}})


def _refusals(snapshot: Snapshot | None, claim: Claim) -> dict[str, Json]:
    """What is refused by one claim. An id whose claim is not known is looked for in all; of an id that
    several refuse, what any refuses is refused."""
    found = [one for one in snapshot.revoked if one.claim in (claim, None)] if snapshot else []
    return {one.id: _refusal(one) for one in sorted(found, key=_width)}


def _width(one: Revoked) -> float:
    return math.inf if one.issued_before is None else one.issued_before.timestamp()


def _refusal(one: Revoked) -> Json:
    """A token of the very second is refused too: it may have been issued before the refusal."""
    if one.issued_before is None:
        return _action(REVOKED)
    earlier = {"google_re2": {}, "regex": not_above(int(one.issued_before.timestamp()))}
    predicate = {"single_predicate": {"input": _header(ISSUED), "value_match": {"safe_regex": earlier}}}
    matchers = [{"predicate": predicate, "on_match": _action(REVOKED)}]
    return {"matcher": {"matcher_list": {"matchers": matchers}}}


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


def _look_up(name: str, kind: str, found: Mapping[str, Json], otherwise: Json) -> Json:
    """A header's value looked up; Envoy takes no empty map."""
    if not found:
        return otherwise
    tree = {"input": _header(name), kind: {"map": found}}
    return {"matcher": {"matcher_tree": tree, "on_no_match": otherwise}}


def _header(name: str) -> Json:
    return named("header", "envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name=name)


def _action(name: str) -> Json:
    """Named for the log and for the body of the answer (``replies``)."""
    verdict = "ALLOW" if name == _ALLOWED else "DENY"
    return {"action": named(name, "envoy.config.rbac.v3.Action", name=name, action=verdict)}
