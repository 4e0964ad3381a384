"""What an operation takes and answers: parameters, bodies, statuses, headers, media types."""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.compatibility.fields import compare_defaults
from dev.contracts.compatibility.findings import BreakingChange
from dev.contracts.compatibility.schemas import SchemaComparison

Node = Mapping[str, Any]
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def compare_parameters(requests: SchemaComparison, old: Node, new: Node) -> Iterator[BreakingChange]:
    """Compare two operations' ``parameters``, by (in, name) as ``paths.list_operations`` makes them."""
    before, after = old["parameters"], new["parameters"]
    for key, parameter in before.items():
        location = f"{parameter['in']} parameter {parameter['name']}"
        if key not in after:
            yield BreakingChange("parameter-removed", location, "the parameter is gone")
            continue
        for change in _compare_parameter(requests, parameter, after[key]):
            yield change.move_below(f"{location} ")
    for key, parameter in after.items():
        if key not in before and parameter.get("required"):
            location = f"{parameter['in']} parameter {parameter['name']}"
            yield BreakingChange(
                "required-parameter-added", location, "a request without it was valid and is refused"
            )


def _compare_parameter(requests: SchemaComparison, old: Node, new: Node) -> Iterator[BreakingChange]:
    if new.get("required") and not old.get("required"):
        yield BreakingChange("parameter-made-required", "", "a request without it was valid and is refused")
    if _get_style(old) != _get_style(new):
        yield BreakingChange("parameter-style-changed", "", f"{_get_style(old)} against {_get_style(new)}")
    if "content" in old or "content" in new:
        yield from _compare_content(requests, old.get("content", {}), new.get("content", {}))
        return
    before, after = old.get("schema", {}), new.get("schema", {})
    yield from requests.compare(before, after)
    if not new.get("required"):
        yield from compare_defaults("", before, after)


def _get_style(parameter: Node) -> tuple[str, bool, bool]:
    style = parameter.get("style", _STYLES[parameter["in"]])
    return style, parameter.get("explode", style == "form"), parameter.get("allowReserved", False)


def compare_bodies(
    requests: SchemaComparison, old: Node | None, new: Node | None
) -> Iterator[BreakingChange]:
    """Compare two ``requestBody`` objects; None where the operation takes no body."""
    before, after = requests.documents.follow(old, new)
    is_required = after is not None and after.get("required")
    if is_required and not (before or {}).get("required"):
        yield BreakingChange(
            "request-body-made-required", "body", "a request without a body was valid and is refused"
        )
    if before is None:
        return
    if after is None:
        yield BreakingChange("request-body-removed", "body", "the operation takes no body any more")
        return
    for change in _compare_content(requests, before.get("content", {}), after.get("content", {})):
        yield change.move_below("body ")


def compare_responses(responses: SchemaComparison, old: Node, new: Node) -> Iterator[BreakingChange]:
    """Compare two ``responses`` objects, which are by status."""
    for status, response in old.items():
        later = new.get(status, new.get(f"{status[0]}XX", new.get("default")))
        if later is None:
            yield BreakingChange(
                "response-removed", f"{status} response", "the operation answers the status no more"
            )
            continue
        for change in _compare_response(responses, *responses.documents.follow(response, later)):
            yield change.move_below(f"{status} response ")


def _compare_response(responses: SchemaComparison, old: Node, new: Node) -> Iterator[BreakingChange]:
    yield from _compare_content(responses, old.get("content", {}), new.get("content", {}))
    headers = {name.lower(): header for name, header in new.get("headers", {}).items()}
    for name, header in old.get("headers", {}).items():
        if name.lower() not in headers:
            yield BreakingChange(
                "response-header-removed", f"header {name}", "the header is not sent any more"
            )
            continue
        before, after = responses.documents.follow(header, headers[name.lower()])
        if before.get("required") and not after.get("required"):
            yield BreakingChange(
                "field-made-optional", f"header {name}", "was always sent and may now be missing"
            )
        for change in responses.compare(before.get("schema", {}), after.get("schema", {})):
            yield change.move_below(f"header {name} ")


def _compare_content(comparison: SchemaComparison, old: Node, new: Node) -> Iterator[BreakingChange]:
    """Compare two ``content`` objects, which are by media type."""
    for media_type, before in old.items():
        if media_type not in new:
            yield BreakingChange("media-type-removed", media_type, "the media type is gone")
            continue
        after = new[media_type]
        for change in comparison.compare(before.get("schema", {}), after.get("schema", {})):
            yield change.move_below(f"{media_type} ")
        if before.get("encoding", {}) != after.get("encoding", {}):
            yield BreakingChange("unsupported-change", media_type, "the encoding is not what it was")
