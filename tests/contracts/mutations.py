"""One change at every place of a real contract, and the rules that must see it."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "patch", "delete")
ENDS = (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems"))


@dataclass(frozen=True)
class Mutation:
    """A change and where; any of the rules is the right finding."""

    document: dict[str, Any]
    steps: tuple[Any, ...]
    rules: frozenset[str]
    change: Callable[[Any], object]

    def changed(self):
        """The document with the change, and nothing copied that need not be."""
        top = here = dict(self.document)
        for step in self.steps[:-1]:
            here[step] = copy.copy(here[step])
            here = here[step]
        if self.steps:
            here[self.steps[-1]] = copy.deepcopy(here[self.steps[-1]])
        self.change(at(top, self.steps))
        return top


def at(document, steps):
    for step in steps:
        document = document[step]
    return document


def mutation(document, steps, rules, change):
    return Mutation(document, tuple(steps), frozenset(rules), change)


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield ("paths", path, method), item[method]


def all_of_openapi(document) -> Iterator[Mutation]:
    yield from gone_operations(document)
    for steps, operation in operations(document):
        yield from parameters(document, steps, operation)
        yield from answers(document, steps, operation)
        yield from credentials(document, steps, operation)
    yield from fields(document)
    yield from limits(document)
    every = [operation for _, operation in operations(document)]
    asked = [operation.get("requestBody", {}) for operation in every]
    yield from needs(document, reached(document, asked), sent=True)
    answered = [operation["responses"] for operation in every]
    yield from needs(document, reached(document, answered), sent=False)


def gone_operations(document):
    for steps, _ in operations(document):
        yield mutation(
            document, steps[:-1], {"operation-removed"}, lambda item, method=steps[-1]: item.pop(method)
        )


def parameters(document, steps, operation):
    for place, parameter in enumerate(operation.get("parameters", [])):
        where = (*steps, "parameters")
        if parameter["in"] != "path":
            yield mutation(document, where, {"parameter-removed"}, lambda all_, place=place: all_.pop(place))
            if not parameter.get("required"):
                rules = {"parameter-made-required"}
                yield mutation(document, (*where, place), rules, lambda one: one.update(required=True))
    new = {"name": "new", "in": "query", "required": True, "schema": {"type": "string"}}
    rules = {"required-parameter-added"}
    yield mutation(
        document, steps, rules, lambda one: one.update(parameters=[*one.get("parameters", []), new])
    )
    if "requestBody" in operation:
        yield mutation(document, steps, {"request-body-removed"}, lambda one: one.pop("requestBody"))
        for media in operation["requestBody"]["content"]:
            where = (*steps, "requestBody", "content")
            yield mutation(document, where, {"media-type-removed"}, lambda all_, media=media: all_.pop(media))


def answers(document, steps, operation):
    for status, response in operation["responses"].items():
        where = (*steps, "responses")
        yield mutation(document, where, {"response-removed"}, lambda all_, status=status: all_.pop(status))
        for kind, rule in (("content", "media-type-removed"), ("headers", "response-header-removed")):
            for name in response.get(kind, {}):
                inside = (*where, status, kind)
                yield mutation(document, inside, {rule}, lambda all_, name=name: all_.pop(name))


def credentials(document, steps, operation):
    needed = operation.get("security", document.get("security", []))
    more = [{**way, "oauth2": [*way.get("oauth2", []), "more:scope"]} for way in needed]
    rule = "scope-added" if needed else "security-added"
    stricter = more or [{"oauth2": ["more:scope"]}]
    yield mutation(document, steps, {rule}, lambda one: one.update(security=stricter))


def schemas(node, steps=()):
    """Every schema there is that has a type, a list of values, or fields."""
    if isinstance(node, list):
        for place, one in enumerate(node):
            yield from schemas(one, (*steps, place))
    elif isinstance(node, dict):
        if steps and steps[-1] != "properties" and ("type" in node or "enum" in node) and "in" not in node:
            yield steps, node
        for name, one in node.items():
            if name not in {"example", "examples", "default", "enum", "const", "securitySchemes"}:
                yield from schemas(one, (*steps, name))


def fields(document):
    for steps, schema in schemas(document):
        for name in schema.get("properties", {}):

            def gone(one, name=name):
                del one["properties"][name]
                one["required"] = [other for other in one.get("required", []) if other != name]

            yield mutation(document, steps, {"field-removed"}, gone)


def needs(document, used, *, sent):
    """Fields of components that become required where clients send them, or optional where they get them."""
    for name in used:
        schema = document["components"]["schemas"][name]
        required = set(schema.get("required", []))
        for field in schema.get("properties", {}):
            if (field in required) != sent:
                rule = "field-made-required" if sent else "field-made-optional"
                changed = sorted(required ^ {field})
                steps = ("components", "schemas", name)
                yield mutation(
                    document, steps, {rule}, lambda one, changed=changed: one.update(required=changed)
                )


def reached(document, nodes):
    """The names of the components these refer to, however far down."""
    names, waiting = set(), list(nodes)
    while waiting:
        for name in re.findall(r"#/components/schemas/([^\"]+)", json.dumps(waiting.pop())):
            if name not in names:
                names.add(name)
                waiting.append(document["components"]["schemas"][name])
    return sorted(names)


def limits(document):
    """A value that becomes another, and limits moved, break whichever way the schema is used."""
    listed = {"enum-value-removed", "enum-value-added", "variant-removed", "variant-added"}
    moved = {"limit-tightened", "limit-loosened"}
    for steps, schema in schemas(document):
        if "enum" in schema:
            other = "another" if isinstance(schema["enum"][-1], str) else 987654
            values = [*schema["enum"][:-1], other]
            yield mutation(document, steps, listed, lambda one, values=values: one.update(enum=values))
        if "pattern" in schema:
            yield mutation(document, steps, {"pattern-changed"}, lambda one: one.update(pattern="^~~~$"))
        for low, high in ENDS:
            if schema.get(low) or high in schema:
                yield mutation(document, steps, moved, elsewhere(schema, low, high))


def elsewhere(schema, low, high):
    """The range becomes one with no value of the old: requests are refused, answers were never like it."""
    start, end = (schema[high] + 7, schema[high] + 14) if high in schema else (0, 0)

    def change(one):
        one.pop("pattern", None)
        one.update({low: start, high: end})

    return change


def all_of_event(document) -> Iterator[Mutation]:
    yield from fields(document)
    for steps, schema in schemas(document):
        if "const" in schema:
            yield mutation(document, steps, {"enum-value-added"}, lambda one: one.update(const="another"))
        if "type" in schema and "properties" not in schema and "const" not in schema:
            other = "boolean" if schema["type"] != "boolean" else "string"
            yield mutation(document, steps, {"type-widened"}, become(other))


def become(other):
    def change(one):
        one.pop("enum", None)
        one["type"] = other

    return change
