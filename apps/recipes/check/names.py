"""Expressions and placeholders: every name is declared, of its type, and known where it is read."""

import re
from collections.abc import Iterator
from typing import Any

from apps.recipes.compile.bundles import read_setting
from apps.recipes.compile.texts import find_value, list_texts
from apps.recipes.expressions.compiler import ExpressionError, ValueType, compile_expression, list_names
from apps.recipes.expressions.names import declare_names, strip_function
from apps.recipes.load.faults import Fault, Path, suggest
from apps.recipes.load.origins import MergedSource

PLACEHOLDER = re.compile(r"\(\(([^()]*)\)\)")
PERSON = "person"
# What messages may hold besides answers, facts and settings: of the case, its clocks and its payment.
OF_CASE = re.compile(r"reference|amount|price|date|number|starts|ends|(due|links)\.[a-z_]+")


def list_expressions(content: dict[str, Any]) -> Iterator[tuple[Path, str, ValueType]]:
    """List the expressions of a recipe: where, text, and the type it must have."""
    for question, keys in content["ask"].items():
        if "when" in keys:
            yield ("ask", question, "when"), keys["when"], "truth"
    for stop, keys in content.get("stop", {}).items():
        yield ("stop", stop, "when"), keys["when"], "truth"
    if "decide" in content:
        yield ("decide", "yes"), content["decide"]["yes"], "truth"
    yield from _list_in_fee(content.get("fee", {}).get("lines", {}))


def _list_in_fee(lines: dict[str, Any]) -> Iterator[tuple[Path, str, ValueType]]:
    for line, keys in lines.items():
        if "when" in keys:
            yield ("fee", "lines", line, "when"), keys["when"], "truth"
        for key in ("times", "by"):
            if key in keys:
                yield ("fee", "lines", line, key), str(keys[key]), "integer"


def check_names(source: MergedSource) -> Iterator[Fault]:
    """Check every expression and every placeholder."""
    content = source.content
    names = declare_names(
        [(question, keys["is"]) for question, keys in content["ask"].items()],
        [(fact, keys["from"]) for fact, keys in content.get("facts", {}).items()],
        {name: read_setting(value).number for name, value in content.get("set", {}).items()},
    )
    for path, text, kind in list_expressions(content):
        try:
            compile_expression(text, names, kind)
        except ExpressionError as error:
            unknown = [name for name in list_names(text) if name not in dict(names)]
            way_out = (
                suggest(unknown[0], dict(names), "name") if unknown else f"At column {error.column} of it."
            )
            yield source.make_fault(path, f"{error}.", way_out)
            continue
        yield from _check_order(source, path, [strip_function(name) for name in list_names(text)])
    declared = {name for name, _ in names} | set(content["ask"])
    for _, path in list_texts(content):
        yield from _check_placeholders(source, path, declared)


def _check_placeholders(source: MergedSource, path: Path, declared: set[str]) -> Iterator[Fault]:
    words = find_value(source.content, path)
    texts = words.values() if isinstance(words, dict) else [words]
    for text in texts:
        names = PLACEHOLDER.findall(str(text))
        for name in names:
            if name not in declared and not (path[0] in {"then", "done"} and OF_CASE.fullmatch(name)):
                yield source.make_fault(path, f"(({name})) is no name.", suggest(name, declared, "name"))
        yield from _check_order(source, path, names)


def _check_order(source: MergedSource, path: Path, names: list[str]) -> Iterator[Fault]:
    """On a page only what was known before it may be read."""
    if path[0] != "ask":
        return
    order = list(source.content["ask"])
    before = set(order[: order.index(str(path[1]))]) | {PERSON}
    for name in names:
        head = name.partition(".")[0]
        needs = list_inputs(source.content, head) if head in source.content.get("facts", {}) else [head]
        late = [need for need in needs if need in order and need not in before]
        if late:
            way_out = f"Put the question behind {late[0]}."
            yield source.make_fault(
                path, f"{name} is not known before {', '.join(late)} is answered.", way_out
            )


def list_inputs(content: dict[str, Any], fact: str) -> list[str]:
    """List what a fact needs."""
    of = content["facts"][fact]["of"]
    return list(of) if isinstance(of, list) else [of]
