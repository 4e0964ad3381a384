"""Two OpenAPI 3.1 documents compared: operations, who may call them, what they take and what they answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dev.contracts.breaking import bodies, security
from dev.contracts.breaking.documents import Document
from dev.contracts.breaking.finding import Break, Finding
from dev.contracts.breaking.paths import operations, shape
from dev.contracts.breaking.schemas import Comparison


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents and the two ways schemas are compared between them."""

    old: Document
    new: Document
    requests: Comparison
    responses: Comparison


def compare(file: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    """What of the new document would break a client of the old one."""
    before, after = Document(old), Document(new)
    pair = Pair(before, after, Comparison(before, after, "in"), Comparison(before, after, "out"))
    for one in _documents(old, new):
        yield Finding(one.rule, file, "", one.where, one.detail)
    today = {(shape(path), method): item for path, method, item in operations(after)}
    for path, method, item in operations(before):
        name = f"{method.upper()} {path}"
        later = today.get((shape(path), method))
        if later is None:
            yield Finding("operation-removed", file, name, "", "no operation answers there any more")
            continue
        for one in _operation(pair, item, later):
            yield Finding(one.rule, file, name, one.where, one.detail)


def _documents(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    urls = {server["url"] for server in new.get("servers", [])}
    for server in old.get("servers", []):
        if server["url"] not in urls:
            yield Break("server-removed", server["url"], "the address is not named any more")
    yield from security.schemes(old, new)
    if old.get("webhooks") and old.get("webhooks") != new.get("webhooks"):
        yield Break("unsupported-change", "webhooks", "webhooks are not compared")


def _operation(pair: Pair, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    yield from security.operation(pair.old.root, pair.new.root, old, new)
    yield from bodies.parameters(pair.requests, old, new)
    yield from bodies.request(pair.requests, old.get("requestBody"), new.get("requestBody"))
    yield from bodies.responses(pair.responses, old.get("responses", {}), new.get("responses", {}))
    yield from _limits(old.get("x-limits", {}), new.get("x-limits", {}))
    if old.get("callbacks") and old.get("callbacks") != new.get("callbacks"):
        yield Break("unsupported-change", "callbacks", "callbacks are not compared")


def _limits(old: Mapping[str, float], new: Mapping[str, float]) -> Iterator[Break]:
    """``x-limits``: bytes of a body, seconds of patience."""
    for name, limit in sorted(old.items()):
        if name in new and new[name] < limit:
            yield Break("limit-tightened", f"x-limits.{name}", f"{limit:g} against {new[name]:g}")
