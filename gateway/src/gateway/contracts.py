"""What the services' contracts say that a gateway can act on: paths, who may, and limits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "head", "put", "post", "delete", "patch")
_COUNCIL = "{council}"
# Region-wide paths that are no service's own name (the first part of a path, never a council).
_SHARED = frozenset({"developers"})


class ContractError(Exception):
    """A contract leaves out what the gateway needs. Says which operation and what."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gateway does with an operation. ``body`` is bytes, ``timeout`` seconds.

    ``stream``: the body flows on as it arrives, and the service counts it.
    """

    service: str
    public: bool
    body: int
    timeout: float
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a contract: upper-case method and OpenAPI path template."""

    method: str
    path: str
    policy: Policy


def operations(service: str, document: dict[str, Any]) -> list[Operation]:
    """The operations of a service's OpenAPI document which the world may reach.

    Those are the paths below ``/{council}/<service>/`` and the region-wide ``/<service>/`` and
    ``/developers/``; a service's health and metrics stay inside. Raises ContractError.
    """
    return [
        Operation(method.upper(), path, _policy(service, f"{method.upper()} {path}", operation))
        for path, item in document.get("paths", {}).items()
        if _reachable(service, path)
        for method, operation in _methods(item)
    ]


def _reachable(service: str, path: str) -> bool:
    first, _, rest = path.removeprefix("/").partition("/")
    return rest.startswith(f"{service}/") if first == _COUNCIL else first in {service, *_SHARED}


def _methods(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((method, item[method]) for method in _METHODS if method in item)


def _policy(service: str, name: str, operation: dict[str, Any]) -> Policy:
    """An operation that says nothing of security is a mistake, never public by accident."""
    if "security" not in operation:
        raise ContractError(f"{service}: {name} does not say who may; public operations say `security: []`")
    limits = operation.get("x-limits", {})
    if missing := {"body", "timeout"} - limits.keys():
        raise ContractError(f"{service}: {name} lacks x-limits.{min(missing)}")
    stream = limits.get("stream", False)
    if not isinstance(stream, bool):
        raise ContractError(f"{service}: {name} has an x-limits.stream that is neither true nor false")
    return Policy(service, not operation["security"], int(limits["body"]), float(limits["timeout"]), stream)
