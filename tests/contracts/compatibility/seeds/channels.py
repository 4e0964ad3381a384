"""Changes of channels and messages."""

from tests.contracts.compatibility.permits import ASYNCAPI
from tests.contracts.compatibility.seeds import breaking, harmless

CHANNEL = "permits.permit.issued"
MESSAGE = "permits.permit.issued.v1"


@breaking("channel-removed", "publication-removed")
def a_channel_is_gone(documents):
    del documents[ASYNCAPI]["channels"][CHANNEL]
    documents[ASYNCAPI]["operations"] = {}


@breaking("channel-address-changed")
def a_channel_moves(documents):
    documents[ASYNCAPI]["channels"][CHANNEL]["address"] = "permits.{council}.permit.issued"


@breaking("channel-address-changed")
def a_channels_version_changes(documents):
    documents[ASYNCAPI]["channels"][CHANNEL]["address"] += ".v1"


@breaking("publication-removed")
def an_event_is_not_published_any_more(documents):
    del documents[ASYNCAPI]["operations"]["permits.publish.permit.issued"]


@breaking("message-removed")
def a_message_leaves_its_channel(documents):
    documents[ASYNCAPI]["channels"][CHANNEL]["messages"] = {}


@breaking("message-changed")
def a_message_gets_another_payload(documents):
    message = documents[ASYNCAPI]["components"]["messages"][MESSAGE]
    message["payload"]["schema"]["$ref"] = "events/permits.permit.issued.v2.json"


@breaking("message-changed")
def messages_are_not_cloudevents_any_more(documents):
    documents[ASYNCAPI]["defaultContentType"] = "application/json"


@breaking("server-removed")
def the_message_server_is_gone(documents):
    documents[ASYNCAPI]["servers"] = {"kafka": {"host": "127.0.0.1:9092", "protocol": "kafka"}}


@breaking("document-removed")
def the_asyncapi_document_is_gone(documents):
    del documents[ASYNCAPI]


@harmless
def a_channel_and_its_message_are_added(documents):
    document = documents[ASYNCAPI]
    document["channels"]["permits.permit.lost"] = {"address": "{council}.permits.permit.lost", "messages": {}}
    document["components"]["messages"]["permits.permit.lost.v1"] = {"name": "permits.permit.lost.v1"}


@harmless
def a_follower_is_removed_and_a_description_added(documents):
    del documents[ASYNCAPI]["operations"]["casework.follow.permit.issued"]
    documents[ASYNCAPI]["channels"][CHANNEL]["description"] = "Permits as they are issued"


@harmless
def a_second_version_is_published_on_the_channel(documents):
    document = documents[ASYNCAPI]
    document["channels"][CHANNEL]["messages"]["permits.permit.issued.v2"] = {"name": "v2"}
