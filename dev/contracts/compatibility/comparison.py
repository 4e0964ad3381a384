"""Two sets of contracts compared: the last release and today's."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from dev.contracts.compatibility import asyncapi_changes, openapi_changes
from dev.contracts.compatibility.documents import Document
from dev.contracts.compatibility.findings import Finding
from dev.contracts.compatibility.schemas import SchemaComparison

Contracts = Mapping[str, dict[str, Any]]  # openapi/address.json, events/<type>.json, asyncapi.json


def compare_contracts(old: Contracts, new: Contracts) -> list[Finding]:
    """Find everything in ``new`` that would break a client who relies on ``old``."""
    return [finding for file in sorted(old) for finding in _compare_file(file, old[file], new.get(file))]


def _compare_file(file: str, old: dict[str, Any], new: dict[str, Any] | None) -> Iterator[Finding]:
    if new is None:
        rule = "event-removed" if file.startswith("events/") else "document-removed"
        yield Finding(rule, file, "", "", "the contract is gone")
    elif file.startswith("events/"):
        yield from _compare_event(file, old, new)
    elif file.startswith("openapi/"):
        yield from openapi_changes.compare_documents(file, old, new)
    else:
        yield from asyncapi_changes.compare_documents(file, old, new)


def _compare_event(file: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Finding]:
    event_type = PurePosixPath(file).stem
    for change in SchemaComparison(Document(old), Document(new), "response").compare(old, new):
        yield Finding(change.rule, file, event_type, change.location, change.detail)
