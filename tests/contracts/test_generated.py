"""The generated documents: checked in, the same every time, and right by their own standards."""

import gzip
import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import validate

from dev.contracts import check, events, files, generator, services
from dev.contracts.compatibility.documents import Document

ASYNCAPI_SCHEMA = Path(__file__).parent / "data" / "asyncapi-3.0.0.json.gz"


@pytest.fixture(params=services.list_names())
def openapi(request, documents):
    return documents[f"openapi/{request.param}.json"]


def list_references(node):
    if isinstance(node, list):
        for child in node:
            yield from list_references(child)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from list_references(child)


def test_the_contracts_in_the_repository_are_those_of_the_code(texts):
    assert check.find_drift(files.read_contracts(), texts) == [], "way out: make contracts"


def test_the_contracts_are_the_same_whatever_the_environment_says(texts, monkeypatch):
    for name in services.list_names():
        monkeypatch.setenv(f"{name.upper()}_MAX_BODY", "17")
        monkeypatch.setenv(f"{name.upper()}_ISSUER", "https://elsewhere.example/")
    assert generator.make_texts() == texts


def test_an_openapi_document_is_openapi_3_1(openapi):
    assert openapi["openapi"].startswith("3.1")
    validate(openapi)


def test_every_operation_has_a_name_of_its_own(openapi):
    names = [operation["operationId"] for item in openapi["paths"].values() for operation in item.values()]
    assert names
    assert len(names) == len(set(names))


def test_the_asyncapi_document_is_asyncapi_3_0(documents):
    schema = json.loads(gzip.decompress(ASYNCAPI_SCHEMA.read_bytes()))
    errors = Draft7Validator(schema).iter_errors(documents["asyncapi.json"])
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_every_reference_of_the_asyncapi_document_has_a_target(documents):
    document = Document(documents["asyncapi.json"])
    for ref in list_references(documents["asyncapi.json"]):
        if ref.startswith("#"):
            assert document.get_target(ref)
        else:
            assert ref.removeprefix("./") in documents


def test_every_event_is_published_on_a_channel_under_its_councils_subject(documents):
    channels = documents["asyncapi.json"]["channels"]
    for service in services.load_services():
        for event in service.publishes:
            channel = channels[event.event_type.rpartition(".")[0]]
            assert channel["address"] == event.nats_subject("{council}")
            assert event.event_type in channel["messages"]


def test_every_consumer_follows_an_event_that_is_published(documents):
    operations = documents["asyncapi.json"]["operations"].values()
    published = {
        operation["messages"][0]["$ref"] for operation in operations if operation["action"] == "send"
    }
    received = {
        operation["messages"][0]["$ref"] for operation in operations if operation["action"] == "receive"
    }
    assert received
    assert received <= published


def test_an_events_schema_is_a_json_schema(documents):
    schemas = [document for path, document in documents.items() if path.startswith("events/")]
    assert schemas
    for schema in schemas:
        Draft202012Validator.check_schema(schema)


def test_an_event_without_an_example_is_refused():
    class Bare(events.EventData):
        event_type = "permits.permit.issued.v1"

    with pytest.raises(ValueError, match="has no event_example"):
        events.make_schema(Bare)
