"""Changes of events."""

from tests.contracts.compatibility.permits import EVENT
from tests.contracts.compatibility.seeds import breaking, get_payload, harmless


@breaking("event-removed")
def an_event_is_gone(documents):
    del documents[EVENT]


@breaking("event-removed")
def an_event_gets_another_version(documents):
    documents[EVENT.replace("v1", "v2")] = documents.pop(EVENT)


@breaking("enum-value-added")
def an_events_type_is_another(documents):
    documents[EVENT]["properties"]["type"]["const"] = "permits.permit.given.v1"


@breaking("field-removed")
def an_events_field_is_gone(documents):
    del get_payload(documents)["properties"]["zone"]


@breaking("field-removed")
def an_attribute_of_the_envelope_is_gone(documents):
    del documents[EVENT]["properties"]["sequence"]
    documents[EVENT]["required"].remove("sequence")


@breaking("field-made-optional")
def an_events_field_may_be_missing(documents):
    get_payload(documents)["required"].remove("uprn")


@breaking("null-added")
def an_events_field_may_be_null(documents):
    get_payload(documents)["properties"]["permit"]["type"] = ["string", "null"]


@breaking("enum-value-added")
def an_event_has_another_state(documents):
    get_payload(documents)["properties"]["status"]["enum"].append("given-back")


@breaking("type-widened")
def an_events_number_becomes_a_text(documents):
    get_payload(documents)["properties"]["price"] = {"type": "string"}


@breaking("pattern-changed")
def an_events_code_gets_longer(documents):
    get_payload(documents)["properties"]["zone"]["pattern"] = "^[A-Z]{2,3}$"


@harmless
def an_event_is_added(documents):
    documents["events/permits.permit.lost.v1.json"] = documents[EVENT]


@harmless
def an_event_gets_a_field(documents):
    get_payload(documents)["properties"]["months"] = {"type": "integer"}
    get_payload(documents)["required"].append("months")


@harmless
def an_events_field_is_never_null_any_more(documents):
    get_payload(documents)["properties"]["uprn"] = {"type": "integer"}


@harmless
def an_events_example_is_another(documents):
    documents[EVENT]["examples"] = [{"id": "another"}]
    documents[EVENT]["description"] = "In other words"
