"""Every place of every real contract is guarded: a change made there is found, and growth is not."""

import copy
import math

import pytest

from dev.contracts import files
from dev.contracts.compatibility.comparison import compare_contracts
from tests.contracts.compatibility import mutations

pytestmark = pytest.mark.long
PATHS = [path for path in files.read_contracts() if path != "asyncapi.json"]
MOST = 250  # changes tried of one document, spread over it, however large it grows


def list_missed(path, document, changes):
    missed = []
    for change in changes[:: max(1, math.ceil(len(changes) / MOST))]:
        rules = {finding.rule for finding in compare_contracts({path: document}, {path: change.apply()})}
        expected = change.rules | ({"variant-removed"} if has_variants(document, change.steps) else set())
        if "patternProperties" in change.steps:  # compared as a whole
            expected |= {"constraint-changed"}
        if not rules & expected:
            missed.append((change.steps, sorted(change.rules), sorted(rules)))
    return missed


def has_variants(document, steps):
    """Tell whether a place lies in a schema of alternatives, which are compared as wholes."""
    for step in steps:
        if isinstance(document, dict) and document.keys() & {"oneOf", "anyOf"}:
            return True
        document = document[step]
    return False


@pytest.mark.parametrize("path", PATHS)
def test_a_breaking_change_is_found_wherever_it_is_made(path, documents):
    document = documents[path]
    mutate = mutations.mutate_event if path.startswith("events/") else mutations.mutate_openapi
    changes = list(mutate(document))
    assert changes
    assert list_missed(path, document, changes) == []


@pytest.mark.parametrize("path", PATHS)
def test_fields_operations_and_words_may_be_added_everywhere(path, documents):
    grown = copy.deepcopy(documents[path])
    for _, schema in list(mutations.list_schemas(grown)):
        schema["description"] = "in other words"
        if "properties" in schema and schema.get("additionalProperties") is not False:
            schema["properties"]["brand_new"] = {"type": "string"}
    for _, operation in list(mutations.list_operations(grown)) if "paths" in grown else []:
        parameter = {"name": "brand_new", "in": "query", "required": False, "schema": {"type": "string"}}
        operation["parameters"] = [*operation.get("parameters", []), parameter]
        operation["responses"]["418"] = {"description": "I'm a teapot"}
    findings = compare_contracts({path: documents[path]}, {path: grown})
    assert [str(finding) for finding in findings] == []
