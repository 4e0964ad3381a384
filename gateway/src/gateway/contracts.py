"""Read from the services' contracts what a gateway acts on: operations, error shapes, cross-origin paths."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_METHODS = ("get", "head", "put", "post", "delete", "patch", "options")
_COUNCIL = "{council}"
# First path parts of region-wide paths that are not the name of a service. No council may have one.
_REGION_WIDE = frozenset({"developers"})


class ContractError(Exception):
    """A contract leaves out what the gateway needs. The message names the operation."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gateway does with an operation. ``body`` is bytes, ``timeout`` seconds.

    ``stream``: the gateway forwards the body as it arrives, and the service limits its size.
    ``cross_origin``: scripts of every site may read the answers.
    """

    service: str
    public: bool
    body: int
    timeout: float
    stream: bool = False
    cross_origin: "CrossOrigin | None" = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a contract: upper-case method and OpenAPI path template."""

    method: str
    path: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class ErrorTemplate:
    """The text of an error, as a service declares it: see ``ErrorTemplate`` in ``chassis.problems``."""

    text: str
    media_type: str
    codes: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """An outside contract's errors. ``paths`` is an expression for the paths below its base."""

    paths: str
    templates: tuple[ErrorTemplate, ...]


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    """Paths whose answers scripts of every site may read; ``expose`` names headers that they may read too."""

    paths: str
    methods: tuple[str, ...]
    expose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contracts:
    """What the gateway reads from all contracts together."""

    operations: tuple[Operation, ...] = ()
    shapes: tuple[ErrorShape, ...] = ()
    cross_origin: tuple[CrossOrigin, ...] = ()

    def __add__(self, other: "Contracts") -> "Contracts":
        return Contracts(
            self.operations + other.operations,
            self.shapes + other.shapes,
            self.cross_origin + other.cross_origin,
        )


def read_contract(service: str, document: dict[str, Any]) -> Contracts:
    """Read a service's OpenAPI document. Raises ContractError."""
    path = _read_path(service, document)
    return Contracts(
        tuple(read_operations(service, document)),
        tuple(_read_shape(path, row) for row in document.get("x-error-shapes", ())),
        tuple(_read_cross_origin(path, document)),
    )


def _read_path(service: str, document: dict[str, Any]) -> str:
    """Read the first part of a service's paths below a council: its name, unless ``x-path`` says another."""
    return str(document.get("x-path", service))


def read_operations(service: str, document: dict[str, Any]) -> list[Operation]:
    """Read the exposed operations of a service's OpenAPI document. Raises ContractError.

    Exposed are the paths below ``/{council}/<service>/`` and the region-wide ``/<service>/`` and
    ``/developers/``. A service's health and metrics are not. ``x-path`` may stand for the service's name.
    """
    base = _read_path(service, document)
    origins = _read_cross_origin(base, document)
    return [
        Operation(method.upper(), path, _read_policy(service, path, method, operation, origins))
        for path, item in document.get("paths", {}).items()
        if _is_exposed(base, path)
        for method, operation in _list_methods(item)
    ]


def _read_shape(service: str, row: dict[str, Any]) -> ErrorShape:
    """Read a row of ``x-error-shapes``. Its last template must fit every request."""
    templates = tuple(ErrorTemplate(**template) for template in row["templates"])
    if not templates or templates[-1].where:
        raise ContractError(f"{service}: x-error-shapes has no text for every request below {row['base']}")
    return ErrorShape(_match_base(service, row["base"]), templates)


def _read_cross_origin(service: str, document: dict[str, Any]) -> list[CrossOrigin]:
    return [
        CrossOrigin(_match_base(service, row["base"]), tuple(row["methods"]), tuple(row["expose"]))
        for row in document.get("x-cross-origin", ())
    ]


def _match_base(service: str, base: str) -> str:
    """Write an expression for a base and all below it: councils', unless it does not name the service."""
    prefix = "/[^/]+" if base.startswith(f"{service}/") else f"/{service}"
    return f"{prefix}/{re.escape(base)}(?:/.*)?"


def _is_exposed(service: str, path: str) -> bool:
    first, _, rest = path.removeprefix("/").partition("/")
    return rest.startswith(f"{service}/") if first == _COUNCIL else first in {service, *_REGION_WIDE}


def _list_methods(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((method, item[method]) for method in _METHODS if method in item)


def _read_policy(
    service: str, path: str, method: str, operation: dict[str, Any], origins: list[CrossOrigin]
) -> Policy:
    """Read an operation's policy. Without ``security`` it is an error, never public by accident."""
    name = f"{method.upper()} {path}"
    if "security" not in operation:
        raise ContractError(f"{service}: {name} does not say who may; public operations say `security: []`")
    limits = operation.get("x-limits", {})
    if missing := {"body", "timeout"} - limits.keys():
        raise ContractError(f"{service}: {name} lacks x-limits.{min(missing)}")
    stream = limits.get("stream", False)
    if not isinstance(stream, bool):
        raise ContractError(f"{service}: {name} has an x-limits.stream that is neither true nor false")
    return Policy(
        service,
        public=not operation["security"],
        body=int(limits["body"]),
        timeout=float(limits["timeout"]),
        stream=stream,
        cross_origin=next((row for row in origins if re.fullmatch(row.paths, path)), None),
    )
