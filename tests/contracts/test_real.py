"""Every place of every real contract is guarded: a change made there is found, and growth is not."""

import copy
import math

import pytest

from dev.contracts import files
from dev.contracts.breaking.folders import compare
from tests.contracts import mutations

PATHS = [path for path in files.read() if path != "asyncapi.json"]


MOST = 250  # changes tried of one document, spread over it, however large it grows


def unguarded(path, document, changes):
    missed = []
    for change in changes[:: max(1, math.ceil(len(changes) / MOST))]:
        found = {finding.rule for finding in compare({path: document}, {path: change.changed()})}
        if not found & change.rules:
            missed.append((change.steps, sorted(change.rules), sorted(found)))
    return missed


@pytest.mark.parametrize("path", PATHS)
def test_a_breaking_change_is_found_wherever_it_is_made(path, documents):
    document = documents[path]
    every = mutations.all_of_event if path.startswith("events/") else mutations.all_of_openapi
    changes = list(every(document))
    assert changes
    assert unguarded(path, document, changes) == []


@pytest.mark.parametrize("path", PATHS)
def test_fields_operations_and_words_may_be_added_everywhere(path, documents):
    grown = copy.deepcopy(documents[path])
    for _, schema in list(mutations.schemas(grown)):
        schema["description"] = "in other words"
        if "properties" in schema and schema.get("additionalProperties") is not False:
            schema["properties"]["brand_new"] = {"type": "string"}
    for _, operation in list(mutations.operations(grown)) if "paths" in grown else []:
        new = {"name": "brand_new", "in": "query", "required": False, "schema": {"type": "string"}}
        operation["parameters"] = [*operation.get("parameters", []), new]
        operation["responses"]["418"] = {"description": "I'm a teapot"}
    assert [str(finding) for finding in compare({path: documents[path]}, {path: grown})] == []
