"""Changes of bodies, answers and their headers."""

from tests.contracts.permits import FILE, ONE, body, ref
from tests.contracts.seeds import breaking, harmless, item


@breaking("request-body-made-required")
def a_body_becomes_required(documents):
    item(documents, ONE, "patch")["requestBody"]["required"] = True


@breaking("request-body-made-required")
def a_body_is_asked_for_where_none_was(documents):
    content = body({"type": "object"})
    item(documents, ONE, "delete")["requestBody"] = {"required": True, "content": content}


@breaking("request-body-removed")
def a_body_is_not_read_any_more(documents):
    del item(documents, ONE, "patch")["requestBody"]


@breaking("media-type-removed")
def a_form_is_not_taken_any_more(documents):
    del item(documents, method="post")["requestBody"]["content"]["application/x-www-form-urlencoded"]


@breaking("media-type-removed")
def geojson_is_not_answered_any_more(documents):
    del item(documents)["responses"]["200"]["content"]["application/geo+json"]


@breaking("media-type-removed")
def the_media_type_of_an_answer_changes(documents):
    problem = documents[FILE]["components"]["responses"]["Problem"]
    problem["content"] = {"application/json": problem["content"]["application/problem+json"]}


@breaking("response-removed")
def a_status_is_gone(documents):
    del item(documents, method="post")["responses"]["202"]


@breaking("response-removed")
def success_gets_another_status(documents):
    responses = item(documents, ONE, "delete")["responses"]
    responses["200"] = responses.pop("204")


@breaking("response-header-removed")
def a_header_is_gone(documents):
    del item(documents)["responses"]["200"]["headers"]["Link"]


@breaking("field-made-optional")
def a_header_is_sent_at_times_only(documents):
    item(documents)["responses"]["200"]["headers"]["ETag"]["required"] = False


@breaking("limit-loosened")
def a_header_gets_longer(documents):
    item(documents)["responses"]["200"]["headers"]["ETag"]["schema"]["maxLength"] = 500


@harmless
def another_media_type_is_taken_and_answered(documents):
    item(documents, method="post")["requestBody"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    item(documents)["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}


@harmless
def a_status_and_a_header_are_added(documents):
    responses = item(documents)["responses"]
    responses["429"] = {"description": "Too many", "content": body(ref("Problem"))}
    responses["200"]["headers"]["Sunset"] = {"schema": {"type": "string"}}


@harmless
def statuses_are_written_as_a_range(documents):
    responses = item(documents)["responses"]
    responses["4XX"] = responses.pop("400")


@harmless
def a_required_body_gets_optional(documents):
    item(documents, method="post")["requestBody"]["required"] = False
