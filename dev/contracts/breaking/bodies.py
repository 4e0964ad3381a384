"""What an operation takes and answers: parameters, bodies, statuses, headers, media types."""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.breaking.fields import default, describe_default_change
from dev.contracts.breaking.finding import Break
from dev.contracts.breaking.schemas import Comparison

_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_MISSING = object()


def parameters(comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    """``parameters`` of both are by (in, name), as ``paths.operations`` makes them."""
    before, after = old["parameters"], new["parameters"]
    for key, parameter in before.items():
        where = f"{parameter['in']} parameter {parameter['name']}"
        if key not in after:
            yield Break("parameter-removed", where, "the parameter is gone")
        else:
            for one in _parameter(comparison, parameter, after[key]):
                yield one.below(f"{where} ")
    for key, parameter in after.items():
        if key not in before and parameter.get("required"):
            where = f"{parameter['in']} parameter {parameter['name']}"
            yield Break("required-parameter-added", where, "who leaves it out is refused")


def _parameter(comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    if new.get("required") and not old.get("required"):
        yield Break("parameter-made-required", "", "who leaves it out, as was allowed, is refused")
    if _style(old) != _style(new):
        yield Break("parameter-style-changed", "", f"{_style(old)} against {_style(new)}")
    if "content" in old or "content" in new:
        yield from _content(comparison, old.get("content", {}), new.get("content", {}))
        return
    before, after = old.get("schema", {}), new.get("schema", {})
    yield from comparison.compare(before, after)
    said = default(before)
    if (
        isinstance(before, dict)
        and "default" in before
        and said != default(after)
        and not new.get("required")
    ):
        yield Break("default-changed", "", describe_default_change(before, after))


def _style(parameter: Mapping[str, Any]) -> tuple[str, bool, bool]:
    style = parameter.get("style", _STYLES[parameter["in"]])
    return style, parameter.get("explode", style == "form"), parameter.get("allowReserved", False)


def request(comparison: Comparison, old: Any, new: Any) -> Iterator[Break]:
    """``old`` and ``new`` are requestBody objects, or None."""
    before, after = comparison.direction.old.follow(old), comparison.direction.new.follow(new)
    if before is None:
        if after is not None and after.get("required"):
            yield Break("request-body-made-required", "body", "who sends none, as was right, is refused")
        return
    if after is None:
        yield Break("request-body-removed", "body", "the operation takes no body any more")
        return
    if after.get("required") and not before.get("required"):
        yield Break("request-body-made-required", "body", "who sends none, as was allowed, is refused")
    for one in _content(comparison, before.get("content", {}), after.get("content", {})):
        yield one.below("body ")


def responses(comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    """``old`` and ``new`` are responses objects: status to response."""
    for status, response in old.items():
        later = new.get(status, new.get(f"{status[0]}XX", new.get("default")))
        if later is None:
            yield Break("response-removed", f"{status} response", "the status is not among the answers")
            continue
        before, after = comparison.direction.old.follow(response), comparison.direction.new.follow(later)
        for one in _response(comparison, before, after):
            yield one.below(f"{status} response ")


def _response(comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    yield from _content(comparison, old.get("content", {}), new.get("content", {}))
    after = {name.lower(): header for name, header in new.get("headers", {}).items()}
    for name, header in old.get("headers", {}).items():
        if name.lower() not in after:
            yield Break("response-header-removed", f"header {name}", "the header is not sent any more")
            continue
        before, later = (
            comparison.direction.old.follow(header),
            comparison.direction.new.follow(after[name.lower()]),
        )
        if before.get("required") and not later.get("required"):
            yield Break("field-made-optional", f"header {name}", "was always sent and may now be missing")
        for one in comparison.compare(before.get("schema", {}), later.get("schema", {})):
            yield one.below(f"header {name} ")


def _content(comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    """``old`` and ``new`` are by media type."""
    for media, before in old.items():
        after = new.get(media, _MISSING)
        if after is _MISSING:
            yield Break("media-type-removed", media, "the media type is gone")
            continue
        for one in comparison.compare(before.get("schema", {}), new[media].get("schema", {})):
            yield one.below(f"{media} ")
        if before.get("encoding", {}) != new[media].get("encoding", {}):
            yield Break("unsupported-change", media, "the encoding is not what it was")
