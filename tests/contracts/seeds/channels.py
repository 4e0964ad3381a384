"""Changes of channels and messages."""

from tests.contracts.permits import ASYNC
from tests.contracts.seeds import breaking, harmless

CHANNEL = "permits.permit.issued"
MESSAGE = "permits.permit.issued.v1"


@breaking("channel-removed", "publication-removed")
def a_channel_is_gone(documents):
    del documents[ASYNC]["channels"][CHANNEL]
    documents[ASYNC]["operations"] = {}


@breaking("channel-address-changed")
def a_channel_moves(documents):
    documents[ASYNC]["channels"][CHANNEL]["address"] = "permits.{council}.permit.issued"


@breaking("channel-address-changed")
def a_channels_version_changes(documents):
    documents[ASYNC]["channels"][CHANNEL]["address"] += ".v1"


@breaking("publication-removed")
def nobody_publishes_any_more(documents):
    del documents[ASYNC]["operations"]["permits.publish.permit.issued"]


@breaking("message-removed")
def a_message_leaves_its_channel(documents):
    documents[ASYNC]["channels"][CHANNEL]["messages"] = {}


@breaking("message-changed")
def a_message_gets_another_payload(documents):
    message = documents[ASYNC]["components"]["messages"][MESSAGE]
    message["payload"]["schema"]["$ref"] = "events/permits.permit.issued.v2.json"


@breaking("message-changed")
def messages_are_not_cloudevents_any_more(documents):
    documents[ASYNC]["defaultContentType"] = "application/json"


@breaking("server-removed")
def the_message_server_is_gone(documents):
    documents[ASYNC]["servers"] = {"kafka": {"host": "127.0.0.1:9092", "protocol": "kafka"}}


@breaking("document-removed")
def there_is_no_asyncapi_any_more(documents):
    del documents[ASYNC]


@harmless
def a_channel_and_its_message_are_added(documents):
    document = documents[ASYNC]
    document["channels"]["permits.permit.lost"] = {"address": "{council}.permits.permit.lost", "messages": {}}
    document["components"]["messages"]["permits.permit.lost.v1"] = {"name": "permits.permit.lost.v1"}


@harmless
def a_follower_leaves_and_a_description_comes(documents):
    del documents[ASYNC]["operations"]["casework.follow.permit.issued"]
    documents[ASYNC]["channels"][CHANNEL]["description"] = "Permits as they are issued"


@harmless
def a_second_version_is_published_on_the_channel(documents):
    document = documents[ASYNC]
    document["channels"][CHANNEL]["messages"]["permits.permit.issued.v2"] = {"name": "v2"}
