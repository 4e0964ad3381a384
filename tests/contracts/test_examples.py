"""What the documents show as an example is what they say is right."""

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from dev.contracts import services

BASE = "urn:contract"


def pointer(steps):
    return "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def examples(node, steps=()):
    """(place of the schema, example) of every example in a schema, a media type or a parameter."""
    if isinstance(node, list):
        for place, one in enumerate(node):
            yield from examples(one, (*steps, place))
        return
    if not isinstance(node, dict):
        return
    holds = "schema" in node
    shown = node.get("examples", [])
    if isinstance(shown, dict):
        shown = [one["value"] for one in shown.values() if isinstance(one, dict) and "value" in one]
    for value in [*shown, *([node["example"]] if "example" in node else [])]:
        yield (*steps, "schema") if holds else steps, value
    for name, one in node.items():
        if name not in {"example", "examples", "default", "enum", "const"}:
            yield from examples(one, (*steps, name))


def complaints(document, steps, value):
    registry = Registry().with_resource(BASE, DRAFT202012.create_resource(document))
    validator = Draft202012Validator({"$ref": f"{BASE}#/{pointer(steps)}"}, registry=registry)
    return [f"{pointer(steps)}: {error.message}" for error in validator.iter_errors(value)]


@pytest.mark.parametrize("name", services.names())
def test_every_example_of_a_service_is_valid(name, documents):
    document = documents[f"openapi/{name}.json"]
    shown = list(examples(document))
    assert shown, "a contract without a single example"
    assert [one for steps, value in shown for one in complaints(document, steps, value)] == []


def test_a_wrong_example_is_found():
    document = {"components": {"schemas": {"Age": {"type": "integer", "examples": ["four"]}}}}
    ((steps, value),) = examples(document)
    assert complaints(document, steps, value) == ["components/schemas/Age: 'four' is not of type 'integer'"]
