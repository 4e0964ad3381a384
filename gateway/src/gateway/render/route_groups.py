"""Group the contracts' paths for the route file.

Paths with one policy share a group, which becomes one route with one expression: an expression costs the
same whether it names one path or fifty.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.contracts import Operation, Policy

COUNCIL = "{council}"
PARAMETER = re.compile(r"\{[^/{}]+\}")


@dataclass(slots=True)
class RouteGroup:
    """Paths with one policy. No ``methods`` means every method."""

    policy: Policy
    methods: frozenset[str]
    paths: list[str] = field(default_factory=list)

    def is_like(self, other: "RouteGroup") -> bool:
        """Tell whether both can share one route."""
        return self.policy == other.policy and self.methods == other.methods

    def overlaps(self, path: str) -> bool:
        """Tell whether an address can match both this group and a path."""
        return any(_can_both_match(path, grouped) for grouped in self.paths)


def group_operations(operations: Sequence[Operation]) -> list[RouteGroup]:
    """Make the fewest groups that keep a literal path before a template that would match it too."""
    groups: list[RouteGroup] = []
    for single in sorted(_separate_paths(operations), key=_rank):
        path = single.paths[0]
        for group in reversed(groups):
            if group.is_like(single):
                group.paths.append(path)
                break
            if group.overlaps(path):
                groups.append(single)
                break
        else:
            groups.append(single)
    return groups


def _rank(group: RouteGroup) -> tuple[bool, int]:
    """Put councils' paths first, for they are asked most; then those with the fewest parameters."""
    path = group.paths[0]
    return not path.startswith(f"/{COUNCIL}/"), len(PARAMETER.findall(path))


def _separate_paths(operations: Sequence[Operation]) -> Iterable[RouteGroup]:
    """Make a group of each path. Methods are separate only where their policies differ.

    A method that the contract lacks goes to the service under the strictest policy: the service refuses it.
    """
    by_path: dict[str, dict[Policy, set[str]]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {}).setdefault(operation.policy, set()).add(operation.method)
    for path, policies in by_path.items():
        strictest = min(
            policies, key=lambda policy: (policy.public, policy.stream, policy.body, policy.timeout)
        )
        has_head = any("HEAD" in methods for methods in policies.values())
        for policy, methods in policies.items():
            if policy != strictest:
                # HEAD is GET without a body: who may read may ask for it.
                head = {"HEAD"} if "GET" in methods and not has_head else set()
                yield RouteGroup(policy, frozenset(methods | head), [path])
        yield RouteGroup(strictest, frozenset(), [path])


def _can_both_match(path: str, other: str) -> bool:
    """Tell whether one address can match both templates."""
    parts, other_parts = path.split("/"), other.split("/")
    return len(parts) == len(other_parts) and all(
        a == b or PARAMETER.search(a) or PARAMETER.search(b) for a, b in zip(parts, other_parts, strict=True)
    )
