"""Read from the services' contracts what a gateway acts on: paths, who may call them, and limits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "head", "put", "post", "delete", "patch")
_COUNCIL = "{council}"
# First path parts of region-wide paths that are not the name of a service. No council may have one.
_REGION_WIDE = frozenset({"developers"})


class ContractError(Exception):
    """A contract leaves out what the gateway needs. The message names the operation."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gateway does with an operation. ``body`` is bytes, ``timeout`` seconds.

    ``stream``: the gateway forwards the body as it arrives, and the service limits its size.
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


def read_operations(service: str, document: dict[str, Any]) -> list[Operation]:
    """Read the exposed operations of a service's OpenAPI document. Raises ContractError.

    Exposed are the paths below ``/{council}/<service>/`` and the region-wide ``/<service>/`` and
    ``/developers/``. A service's health and metrics are not.
    """
    return [
        Operation(method.upper(), path, _read_policy(service, f"{method.upper()} {path}", operation))
        for path, item in document.get("paths", {}).items()
        if _is_exposed(service, path)
        for method, operation in _list_methods(item)
    ]


def _is_exposed(service: str, path: str) -> bool:
    first, _, rest = path.removeprefix("/").partition("/")
    return rest.startswith(f"{service}/") if first == _COUNCIL else first in {service, *_REGION_WIDE}


def _list_methods(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((method, item[method]) for method in _METHODS if method in item)


def _read_policy(service: str, name: str, operation: dict[str, Any]) -> Policy:
    """Read an operation's policy. Without ``security`` it is an error, never public by accident."""
    if "security" not in operation:
        raise ContractError(f"{service}: {name} does not say who may; public operations say `security: []`")
    limits = operation.get("x-limits", {})
    if missing := {"body", "timeout"} - limits.keys():
        raise ContractError(f"{service}: {name} lacks x-limits.{min(missing)}")
    stream = limits.get("stream", False)
    if not isinstance(stream, bool):
        raise ContractError(f"{service}: {name} has an x-limits.stream that is neither true nor false")
    return Policy(service, not operation["security"], int(limits["body"]), float(limits["timeout"]), stream)
