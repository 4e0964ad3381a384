"""What the documents show as an example is valid by their own schemas."""

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from dev.contracts import services

BASE = "urn:contract"


def make_pointer(steps):
    """Make the JSON pointer to these steps."""
    return "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def list_examples(node, steps=()):
    """List (steps to the schema, example) of every example in a schema, a media type or a parameter."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from list_examples(child, (*steps, index))
        return
    if not isinstance(node, dict):
        return
    for value in get_examples(node):
        yield (*steps, "schema") if "schema" in node else steps, value
    for name, child in node.items():
        if name not in {"example", "examples", "default", "enum", "const"}:
            yield from list_examples(child, (*steps, name))


def get_examples(node):
    """Get the node's own examples: a list in a schema, a map of values in a media type or a parameter."""
    examples = node.get("examples", [])
    if isinstance(examples, dict):
        examples = [
            entry["value"] for entry in examples.values() if isinstance(entry, dict) and "value" in entry
        ]
    return [*examples, *([node["example"]] if "example" in node else [])]


def list_errors(document, steps, value):
    registry = Registry().with_resource(BASE, DRAFT202012.create_resource(document))
    pointer = make_pointer(steps)
    validator = Draft202012Validator({"$ref": f"{BASE}#/{pointer}"}, registry=registry)
    return [f"{pointer}: {error.message}" for error in validator.iter_errors(value)]


@pytest.mark.parametrize("name", services.list_names())
def test_every_example_of_a_service_is_valid(name, documents):
    document = documents[f"openapi/{name}.json"]
    examples = list(list_examples(document))
    assert examples, "a contract without a single example"
    assert [error for steps, value in examples for error in list_errors(document, steps, value)] == []


def test_a_wrong_example_is_found():
    document = {"components": {"schemas": {"Age": {"type": "integer", "examples": ["four"]}}}}
    ((steps, value),) = list_examples(document)
    assert list_errors(document, steps, value) == ["components/schemas/Age: 'four' is not of type 'integer'"]
