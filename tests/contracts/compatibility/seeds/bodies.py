"""Changes of bodies, answers and their headers."""

from tests.contracts.compatibility.permits import OPENAPI, PERMIT, make_content, make_ref
from tests.contracts.compatibility.seeds import breaking, get_operation, harmless


@breaking("request-body-made-required")
def a_body_becomes_required(documents):
    get_operation(documents, PERMIT, "patch")["requestBody"]["required"] = True


@breaking("request-body-made-required")
def a_body_becomes_required_where_none_was(documents):
    content = make_content({"type": "object"})
    get_operation(documents, PERMIT, "delete")["requestBody"] = {"required": True, "content": content}


@breaking("request-body-removed")
def a_body_is_not_read_any_more(documents):
    del get_operation(documents, PERMIT, "patch")["requestBody"]


@breaking("media-type-removed")
def a_form_is_not_accepted_any_more(documents):
    del get_operation(documents, method="post")["requestBody"]["content"]["application/x-www-form-urlencoded"]


@breaking("media-type-removed")
def geojson_is_not_answered_any_more(documents):
    del get_operation(documents)["responses"]["200"]["content"]["application/geo+json"]


@breaking("media-type-removed")
def the_media_type_of_an_answer_changes(documents):
    problem = documents[OPENAPI]["components"]["responses"]["Problem"]
    problem["content"] = {"application/json": problem["content"]["application/problem+json"]}


@breaking("response-removed")
def a_status_is_gone(documents):
    del get_operation(documents, method="post")["responses"]["202"]


@breaking("response-removed")
def success_gets_another_status(documents):
    responses = get_operation(documents, PERMIT, "delete")["responses"]
    responses["200"] = responses.pop("204")


@breaking("response-header-removed")
def a_header_is_gone(documents):
    del get_operation(documents)["responses"]["200"]["headers"]["Link"]


@breaking("field-made-optional")
def a_header_may_be_missing(documents):
    get_operation(documents)["responses"]["200"]["headers"]["ETag"]["required"] = False


@breaking("limit-loosened")
def a_header_gets_longer(documents):
    get_operation(documents)["responses"]["200"]["headers"]["ETag"]["schema"]["maxLength"] = 500


@harmless
def another_media_type_is_accepted_and_answered(documents):
    get_operation(documents, method="post")["requestBody"]["content"]["text/csv"] = {
        "schema": {"type": "string"}
    }
    get_operation(documents)["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}


@harmless
def a_status_and_a_header_are_added(documents):
    responses = get_operation(documents)["responses"]
    responses["429"] = {"description": "Too many", "content": make_content(make_ref("Problem"))}
    responses["200"]["headers"]["Sunset"] = {"schema": {"type": "string"}}


@harmless
def statuses_are_written_as_a_range(documents):
    responses = get_operation(documents)["responses"]
    responses["4XX"] = responses.pop("400")


@harmless
def a_required_body_gets_optional(documents):
    get_operation(documents, method="post")["requestBody"]["required"] = False
