"""Two OpenAPI 3.1 documents compared: operations, who may call them, what they take and what they answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.compatibility import operations, security
from dev.contracts.compatibility.documents import Document
from dev.contracts.compatibility.findings import BreakingChange, Finding
from dev.contracts.compatibility.paths import erase_names, list_operations
from dev.contracts.compatibility.schemas import SchemaComparison

Node = Mapping[str, Any]


def compare_documents(file: str, old_root: Node, new_root: Node) -> Iterator[Finding]:
    """Find what of the new document would break a client of the old one."""
    old, new = Document(old_root), Document(new_root)
    requests, responses = SchemaComparison(old, new, "request"), SchemaComparison(old, new, "response")
    for change in _compare_roots(old_root, new_root):
        yield Finding(change.rule, file, "", change.location, change.detail)
    today = {(erase_names(path), method): operation for path, method, operation in list_operations(new)}
    for path, method, before in list_operations(old):
        name = f"{method.upper()} {path}"
        after = today.get((erase_names(path), method))
        if after is None:
            yield Finding("operation-removed", file, name, "", "no operation answers there any more")
            continue
        for change in _compare_operations(requests, responses, before, after):
            yield Finding(change.rule, file, name, change.location, change.detail)


def _compare_roots(old: Node, new: Node) -> Iterator[BreakingChange]:
    urls = {server["url"] for server in new.get("servers", [])}
    for server in old.get("servers", []):
        if server["url"] not in urls:
            yield BreakingChange("server-removed", server["url"], "the address is not named any more")
    yield from security.compare_schemes(old, new)
    if old.get("webhooks") and old.get("webhooks") != new.get("webhooks"):
        yield BreakingChange("unsupported-change", "webhooks", "webhooks are not compared")


def _compare_operations(
    requests: SchemaComparison, responses: SchemaComparison, old: Node, new: Node
) -> Iterator[BreakingChange]:
    documents = requests.documents
    yield from security.compare_requirements(documents.old.root, documents.new.root, old, new)
    yield from operations.compare_parameters(requests, old, new)
    yield from operations.compare_bodies(requests, old.get("requestBody"), new.get("requestBody"))
    yield from operations.compare_responses(responses, old.get("responses", {}), new.get("responses", {}))
    yield from _compare_limits(old.get("x-limits", {}), new.get("x-limits", {}))
    if old.get("callbacks") and old.get("callbacks") != new.get("callbacks"):
        yield BreakingChange("unsupported-change", "callbacks", "callbacks are not compared")


def _compare_limits(old: Mapping[str, float], new: Mapping[str, float]) -> Iterator[BreakingChange]:
    """Compare ``x-limits``: the bytes of a body, the seconds of a timeout."""
    for name, limit in sorted(old.items()):
        if name in new and new[name] < limit:
            yield BreakingChange("limit-tightened", f"x-limits.{name}", f"{limit:g} against {new[name]:g}")
