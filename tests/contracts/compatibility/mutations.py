"""One change at every place of a real contract, and the rules that must find it."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "patch", "delete")
BOUNDS = (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems"))
NEW_PARAMETER = {"name": "new", "in": "query", "required": True, "schema": {"type": "string"}}
# Keys below which a document holds values, not schemas.
VALUES = {"example", "examples", "default", "enum", "const", "securitySchemes"}


@dataclass(frozen=True)
class Mutation:
    """A change and its place; any of the rules is a right finding."""

    document: dict[str, Any]
    steps: tuple[Any, ...]
    rules: frozenset[str]
    change: Callable[[Any], object]

    def apply(self):
        """Make the changed document, copying no more than the change needs."""
        root = node = dict(self.document)
        for step in self.steps[:-1]:
            node[step] = copy.copy(node[step])
            node = node[step]
        if self.steps:
            node[self.steps[-1]] = copy.deepcopy(node[self.steps[-1]])
        self.change(get_node(root, self.steps))
        return root


def get_node(document, steps):
    for step in steps:
        document = document[step]
    return document


def make_mutation(document, steps, rules, change):
    return Mutation(document, tuple(steps), frozenset(rules), change)


def list_operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield ("paths", path, method), item[method]


def mutate_openapi(document) -> Iterator[Mutation]:
    yield from remove_operations(document)
    for steps, operation in list_operations(document):
        yield from mutate_parameters(document, steps, operation)
        yield from mutate_body(document, steps, operation)
        yield from mutate_responses(document, steps, operation)
        yield from mutate_security(document, steps, operation)
    yield from remove_fields(document)
    yield from mutate_limits(document)
    operations = [operation for _, operation in list_operations(document)]
    bodies = [operation.get("requestBody", {}) for operation in operations]
    yield from mutate_required(document, list_components(document, bodies), is_request=True)
    responses = [operation["responses"] for operation in operations]
    yield from mutate_required(document, list_components(document, responses), is_request=False)


def remove_operations(document):
    for (*steps, method), _ in list_operations(document):
        yield make_mutation(document, steps, {"operation-removed"}, remove_key(method))


def remove_key(key):
    return lambda node: node.pop(key)


def set_key(key, value):
    return lambda node: node.update({key: value})


def make_required(parameter):
    parameter["required"] = True


def mutate_parameters(document, steps, operation):
    below = (*steps, "parameters")
    for index, parameter in enumerate(operation.get("parameters", [])):
        if parameter["in"] != "path":
            yield make_mutation(document, below, {"parameter-removed"}, remove_key(index))
            if not parameter.get("required"):
                rules = {"parameter-made-required"}
                yield make_mutation(document, (*below, index), rules, make_required)

    def add_parameter(node):
        node["parameters"] = [*node.get("parameters", []), NEW_PARAMETER]

    yield make_mutation(document, steps, {"required-parameter-added"}, add_parameter)


def mutate_body(document, steps, operation):
    if "requestBody" in operation:
        yield make_mutation(document, steps, {"request-body-removed"}, remove_key("requestBody"))
        for media_type in operation["requestBody"]["content"]:
            below = (*steps, "requestBody", "content")
            yield make_mutation(document, below, {"media-type-removed"}, remove_key(media_type))


def mutate_responses(document, steps, operation):
    below = (*steps, "responses")
    for status, response in operation["responses"].items():
        yield make_mutation(document, below, {"response-removed"}, remove_key(status))
        for kind, rule in (("content", "media-type-removed"), ("headers", "response-header-removed")):
            for name in response.get(kind, {}):
                yield make_mutation(document, (*below, status, kind), {rule}, remove_key(name))


def mutate_security(document, steps, operation):
    needed = operation.get("security", document.get("security", []))
    stricter = [{**each, "oauth2": [*each.get("oauth2", []), "more:scope"]} for each in needed]
    rule = "scope-added" if needed else "security-added"
    security = stricter or [{"oauth2": ["more:scope"]}]
    yield make_mutation(document, steps, {rule}, set_key("security", security))


def list_schemas(node, steps=()):
    """List (steps, schema) of every schema that has a type, a list of values, or fields."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from list_schemas(child, (*steps, index))
    elif isinstance(node, dict):
        if steps and steps[-1] != "properties" and ("type" in node or "enum" in node) and "in" not in node:
            yield steps, node
        for name, child in node.items():
            if name not in VALUES:
                yield from list_schemas(child, (*steps, name))


def remove_fields(document):
    for steps, schema in list_schemas(document):
        for field in schema.get("properties", {}):

            def remove_field(node, field=field):
                del node["properties"][field]
                node["required"] = [name for name in node.get("required", []) if name != field]

            yield make_mutation(document, steps, {"field-removed"}, remove_field)


def mutate_required(document, components, *, is_request):
    """Make fields required where clients send them, or optional where clients get them."""
    rule = "field-made-required" if is_request else "field-made-optional"
    for name in components:
        schema = document["components"]["schemas"][name]
        required = set(schema.get("required", []))
        for field in schema.get("properties", {}):
            if (field in required) != is_request:
                names = sorted(required ^ {field})
                steps = ("components", "schemas", name)
                yield make_mutation(document, steps, {rule}, set_key("required", names))


def list_components(document, nodes):
    """List the names of the components that the nodes refer to, at any depth."""
    names, waiting = set(), list(nodes)
    while waiting:
        for name in re.findall(r"#/components/schemas/([^\"]+)", json.dumps(waiting.pop())):
            if name not in names:
                names.add(name)
                waiting.append(document["components"]["schemas"][name])
    return sorted(names)


def mutate_limits(document):
    """Exchange a value, a pattern or a range: each breaks a request and a response."""
    listed = {"enum-value-removed", "enum-value-added", "variant-removed", "variant-added"}
    moved = {"limit-tightened", "limit-loosened"}
    for steps, schema in list_schemas(document):
        if "enum" in schema:
            new_value = "another" if isinstance(schema["enum"][-1], str) else 987654
            values = [*schema["enum"][:-1], new_value]
            yield make_mutation(document, steps, listed, set_key("enum", values))
        if "pattern" in schema:
            yield make_mutation(document, steps, {"pattern-changed"}, set_key("pattern", "^~~~$"))
        for low, high in BOUNDS:
            if schema.get(low) or high in schema:
                yield make_mutation(document, steps, moved, move_range(schema, low, high))


def move_range(schema, low, high):
    """Move the range to where it holds no value of the old: requests are refused, answers are new."""
    start, end = (schema[high] + 7, schema[high] + 14) if high in schema else (0, 0)

    def change(node):
        node.pop("pattern", None)
        node.update({low: start, high: end})

    return change


def mutate_event(document) -> Iterator[Mutation]:
    yield from remove_fields(document)
    for steps, schema in list_schemas(document):
        if "const" in schema:
            yield make_mutation(document, steps, {"enum-value-added"}, set_key("const", "another"))
        if "type" in schema and "properties" not in schema and "const" not in schema:
            new_type = "boolean" if schema["type"] != "boolean" else "string"
            yield make_mutation(document, steps, {"type-widened"}, change_type(new_type))


def change_type(name):
    def change(node):
        node.pop("enum", None)
        node["type"] = name

    return change
