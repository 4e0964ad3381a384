"""Changes of operations, parameters, bodies, answers and credentials."""

from tests.contracts.permits import ASYNC, FILE, LIST, ONE, ZONES, body, ref
from tests.contracts.seeds import Documents, breaking, harmless


def item(documents: Documents, path: str = LIST, method: str = "get"):
    return documents[FILE]["paths"][path][method]


def query(documents: Documents, name: str):
    return next(one for one in item(documents)["parameters"] if one["name"] == name)


# --- operations ---------------------------------------------------------------------------------------


@breaking("operation-removed")
def an_operation_is_gone(documents):
    del documents[FILE]["paths"][ONE]["delete"]


@breaking("operation-removed")
def a_path_is_renamed(documents):
    paths = documents[FILE]["paths"]
    paths["/{council}/permits/v1/parking-permits"] = paths.pop(LIST)


@breaking("operation-removed")
def a_method_becomes_another(documents):
    path = documents[FILE]["paths"][ONE]
    path["put"] = path.pop("patch")


@breaking("document-removed")
def a_service_has_no_contract_any_more(documents):
    del documents[FILE]


@breaking("server-removed")
def the_server_moves(documents):
    documents[FILE]["servers"] = [{"url": "/v2"}]


@breaking("limit-tightened")
def a_smaller_body_is_allowed(documents):
    item(documents, method="post")["x-limits"]["body"] = 4096


@breaking("unsupported-change")
def a_callback_changes(documents):
    item(documents, method="post")["callbacks"]["issued"] = {}


@harmless
def an_operation_is_added(documents):
    documents[FILE]["paths"]["/{council}/permits/v1/new"] = {"get": item(documents, ZONES)}


@harmless
def an_operation_is_deprecated_and_described(documents):
    item(documents).update(deprecated=True, description="Use the other one", summary="List", tags=["x"])


@harmless
def a_path_parameter_has_another_name(documents):
    path = documents[FILE]["paths"].pop(ONE)
    path["parameters"][1]["name"] = "permit_id"
    documents[FILE]["paths"]["/{council}/permits/v1/permits/{permit_id}"] = path


@harmless
def an_operation_id_is_reworded(documents):
    item(documents)["operationId"] = "permits"


@harmless
def a_larger_body_and_more_time_are_allowed(documents):
    item(documents)["x-limits"] = {"body": 10**7, "timeout": 30}


@harmless
def a_second_server_is_named(documents):
    documents[FILE]["servers"].append({"url": "https://townhall.example/"})


# --- parameters ---------------------------------------------------------------------------------------


@breaking("parameter-removed")
def a_query_parameter_is_gone(documents):
    item(documents)["parameters"] = [one for one in item(documents)["parameters"] if one["name"] != "q"]


@breaking("parameter-removed")
def a_query_parameter_is_renamed(documents):
    query(documents, "q")["name"] = "query"


@breaking("parameter-removed")
def a_parameter_moves_from_the_query_to_a_header(documents):
    query(documents, "zone")["in"] = "header"


@breaking("required-parameter-added")
def a_required_parameter_is_added(documents):
    schema = {"type": "string"}
    item(documents)["parameters"].append({"name": "ward", "in": "query", "required": True, "schema": schema})


@breaking("parameter-made-required")
def a_parameter_becomes_required(documents):
    query(documents, "q")["required"] = True


@breaking("limit-tightened")
def a_parameter_takes_fewer_characters(documents):
    query(documents, "q")["schema"]["maxLength"] = 100


@breaking("limit-tightened")
def a_page_holds_fewer_items(documents):
    query(documents, "limit")["schema"]["maximum"] = 50


@breaking("default-changed")
def the_page_size_changes_for_who_names_none(documents):
    query(documents, "limit")["schema"]["default"] = 10


@breaking("pattern-tightened")
def a_parameters_pattern_takes_less(documents):
    query(documents, "postcode")["schema"]["pattern"] = "^[A-Z]{2}[0-9]{1,2} [0-9][A-Z]{2}$"


@breaking("pattern-tightened")
def a_pattern_nobody_can_compare_changes(documents):
    query(documents, "zone")["schema"]["pattern"] = "^(?!Y)[A-Z]{2}$"


@breaking("parameter-style-changed")
def a_list_is_written_with_commas(documents):
    query(documents, "status")["explode"] = False


@breaking("null-refused")
def a_parameter_is_not_nullable_any_more(documents):
    query(documents, "on")["schema"] = {"type": "string", "format": "date"}


@breaking("type-narrowed")
def a_parameter_of_a_path_becomes_a_number(documents):
    documents[FILE]["paths"][ONE]["parameters"][1]["schema"] = {"type": "integer"}


@breaking("limit-tightened")
def fewer_values_may_be_listed(documents):
    query(documents, "status")["schema"]["maxItems"] = 2


@harmless
def an_optional_parameter_is_added(documents):
    item(documents)["parameters"].append({"name": "ward", "in": "query", "schema": {"type": "string"}})


@harmless
def a_parameter_takes_more(documents):
    query(documents, "q")["schema"].update(minLength=1, maxLength=400)
    query(documents, "limit")["schema"]["maximum"] = 500
    query(documents, "status")["schema"]["maxItems"] = 50


@harmless
def a_pattern_takes_more(documents):
    query(documents, "postcode")["schema"]["pattern"] = "^[A-Z]{1,2}[0-9A-Z]{1,3} ?[0-9][A-Z]{2}$"


@harmless
def a_pattern_is_written_in_another_way(documents):
    query(documents, "postcode")["schema"]["pattern"] = r"^[A-Z][A-Z]?\d\d?\ \d[A-Z][A-Z]$"


@harmless
def a_length_is_stated_that_the_pattern_has_anyway(documents):
    query(documents, "postcode")["schema"].update(minLength=6, maxLength=8)


@harmless
def a_pattern_nobody_can_compare_goes(documents):
    del query(documents, "zone")["schema"]["pattern"]


@harmless
def a_header_is_written_in_small_letters(documents):
    query(documents, "Accept-Language")["name"] = "accept-language"


@harmless
def a_parameter_is_moved_to_components(documents):
    parameters = item(documents)["parameters"]
    documents[FILE]["components"]["parameters"] = {"Q": parameters[0]}
    parameters[0] = {"$ref": "#/components/parameters/Q"}


@harmless
def a_required_parameter_gets_optional(documents):
    documents[FILE]["paths"][LIST]["parameters"][0]["required"] = False


# --- bodies and answers -------------------------------------------------------------------------------


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


# --- credentials --------------------------------------------------------------------------------------


@breaking("security-added")
def a_public_operation_asks_for_a_token(documents):
    item(documents, ZONES)["security"] = [{"oauth2": ["permits:read"]}]


@breaking("security-added")
def the_whole_document_asks_for_a_token(documents):
    del item(documents, ZONES)["security"]
    documents[FILE]["security"] = [{"oauth2": []}]


@breaking("scope-added")
def a_second_scope_is_needed(documents):
    item(documents)["security"][0] = {"oauth2": ["permits:read", "people:read"]}


@breaking("scope-added")
def another_scope_is_needed(documents):
    item(documents)["security"][0] = {"oauth2": ["permits:issue"]}


@breaking("security-removed")
def a_key_is_not_enough_any_more(documents):
    item(documents)["security"].pop()


@breaking("security-removed")
def a_token_is_needed_beside_the_key(documents):
    item(documents)["security"][1] = {"apiKey": [], "oauth2": ["permits:read"]}


@breaking("security-scheme-changed")
def the_key_goes_in_another_header(documents):
    documents[FILE]["components"]["securitySchemes"]["apiKey"]["name"] = "Api-Key"


@breaking("security-scheme-changed")
def tokens_come_from_another_address(documents):
    flows = documents[FILE]["components"]["securitySchemes"]["oauth2"]["flows"]
    flows["clientCredentials"]["tokenUrl"] = "/identity/oauth/token"


@harmless
def an_operation_becomes_public(documents):
    item(documents)["security"] = []


@harmless
def a_second_way_in_is_offered(documents):
    documents[FILE]["components"]["securitySchemes"]["mutual"] = {"type": "mutualTLS"}
    item(documents)["security"].append({"mutual": []})


@harmless
def a_scope_is_added_for_a_new_operation(documents):
    flows = documents[FILE]["components"]["securitySchemes"]["oauth2"]["flows"]
    flows["clientCredentials"]["scopes"]["permits:refund"] = "Give money back"


# --- channels -----------------------------------------------------------------------------------------

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
