"""A folder of contracts, and the comparison of two."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dev.contracts.breaking import asyncapi, openapi
from dev.contracts.breaking.documents import Document
from dev.contracts.breaking.finding import Finding
from dev.contracts.breaking.schemas import Comparison

Contracts = Mapping[str, dict[str, Any]]  # openapi/address.json, events/<type>.json, asyncapi.json


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Every contract below the folder, by its path in it."""
    files = [*folder.glob("openapi/*.json"), *folder.glob("events/*.json"), *folder.glob("asyncapi.json")]
    return {str(file.relative_to(folder)): json.loads(file.read_text()) for file in sorted(files)}


def compare(old: Contracts, new: Contracts) -> list[Finding]:
    """Everything in ``new`` that would break somebody who relies on ``old``."""
    return [finding for file in sorted(old) for finding in _compared(file, old[file], new.get(file))]


def _compared(file: str, old: dict[str, Any], new: dict[str, Any] | None) -> Iterator[Finding]:
    if new is None:
        rule = "event-removed" if file.startswith("events/") else "document-removed"
        yield Finding(rule, file, "", "", "the contract is gone")
    elif file.startswith("events/"):
        yield from _event(file, old, new)
    elif file.startswith("openapi/"):
        yield from openapi.compare(file, old, new)
    else:
        yield from asyncapi.compare(file, old, new)


def _event(file: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Finding]:
    name = Path(file).stem
    for one in Comparison(Document(old), Document(new), "out").compare(old, new):
        yield Finding(one.rule, file, name, one.where, one.detail)
