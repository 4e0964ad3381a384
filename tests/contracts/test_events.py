"""Publishers keep to their schemas, and consumers require no more than publishers promise."""

import json

import pytest
from jsonschema import Draft202012Validator

from chassis.events import Envelope, EventData, wrap
from dev.contracts import services
from dev.contracts.compatibility.documents import Document
from dev.contracts.compatibility.schemas import SchemaComparison

PUBLISHED = [event for service in services.load_services() for event in service.publishes]
VIEWS = [
    pytest.param(handler.view, id=f"{service.name}.{consumer.name}.{handler.view.event_type}")
    for service in services.load_services()
    for consumer in service.all_consumers
    for handler in consumer.handlers.values()
]


def list_errors(schema, value):
    checker = Draft202012Validator.FORMAT_CHECKER
    return [
        error.message for error in Draft202012Validator(schema, format_checker=checker).iter_errors(value)
    ]


def list_misfits(view, contract):
    """List what the publisher may send and the view refuses."""
    payload = {"$ref": "#/properties/data"}
    schema = view.model_json_schema(mode="validation")
    comparison = SchemaComparison(Document(contract), Document(schema), "request")
    # A view names the fields it needs and no more.
    return [change for change in comparison.compare(payload, schema) if change.rule != "field-removed"]


@pytest.mark.parametrize("event", PUBLISHED, ids=lambda event: event.event_type)
def test_an_event_has_an_example_that_fits_its_schema(event, documents):
    contract = documents[f"events/{event.event_type}.json"]
    (example,) = contract["examples"]
    assert list_errors(contract, example) == []
    assert example["subject"] == str(next(iter(event.event_example.values())))


@pytest.mark.parametrize("event", PUBLISHED, ids=lambda event: event.event_type)
def test_what_is_published_fits_the_schema(event, documents):
    contract = documents[f"events/{event.event_type}.json"]
    data = event.model_validate(event.event_example)
    source = f"urn:townhall:{event.capability()}"
    envelope = wrap(data, source=source, council="citytown", subject="1", sequence=1)
    assert list_errors(contract, json.loads(envelope.model_dump_json(exclude_none=True))) == []


@pytest.mark.parametrize("event", PUBLISHED, ids=lambda event: event.event_type)
def test_an_example_shows_every_field_of_the_event(event):
    assert set(event.event_example) == set(event.model_fields)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_reads_the_publishers_example(view, documents):
    (example,) = documents[f"events/{view.event_type}.json"]["examples"]
    envelope = Envelope.model_validate(example)
    assert view.model_validate(envelope.data)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_accepts_all_that_the_publisher_may_send(view, documents):
    assert list_misfits(view, documents[f"events/{view.event_type}.json"]) == []


def test_a_view_that_requires_too_much_is_found(documents):
    class Strict(EventData):
        event_type = "identity.token.revoked.v1"
        id: int
        reason: str

    misfits = list_misfits(Strict, documents["events/identity.token.revoked.v1.json"])
    assert {(change.rule, change.location) for change in misfits} == {
        ("type-narrowed", "id"),
        ("required-field-added", "reason"),
    }
