"""Changes of operations, parameters and credentials."""

from tests.contracts.permits import FILE, LIST, ONE, ZONES
from tests.contracts.seeds import breaking, harmless, item, query


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


@breaking("pattern-changed")
def a_parameters_pattern_takes_less(documents):
    query(documents, "postcode")["schema"]["pattern"] = "^[A-Z]{2}[0-9]{1,2} [0-9][A-Z]{2}$"


@breaking("pattern-changed")
def a_pattern_with_look_ahead_changes(documents):
    query(documents, "zone")["schema"]["pattern"] = "^(?!Y)[A-Z]{2}$"


@breaking("pattern-changed")
def a_parameters_pattern_takes_more(documents):
    query(documents, "postcode")["schema"]["pattern"] = "^[A-Z]{1,2}[0-9A-Z]{1,3} ?[0-9][A-Z]{2}$"


@breaking("pattern-changed")
def a_pattern_is_written_in_another_way(documents):
    query(documents, "postcode")["schema"]["pattern"] = r"^[A-Z][A-Z]?\d\d?\ \d[A-Z][A-Z]$"


@breaking("limit-tightened")
def a_length_is_stated_that_only_the_pattern_had(documents):
    query(documents, "postcode")["schema"].update(minLength=6, maxLength=8)


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
def a_parameters_pattern_goes(documents):
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


@breaking("delegation-narrowed")
def nobody_acts_for_another_there_any_more(documents):
    del item(documents)["x-delegation"]


@breaking("delegation-narrowed")
def a_mandate_for_another_theme_is_needed(documents):
    item(documents)["x-delegation"]["theme"] = "benefits"


@breaking("delegation-narrowed")
def the_theme_of_the_resource_takes_the_place_of_a_fixed_one(documents):
    item(documents)["x-delegation"]["theme"] = "of-the-resource"


@breaking("security-added")
def a_public_operation_asks_for_a_token_or_a_mandate(documents):
    security = [{"oauth2": ["permits:read"]}]
    item(documents, ZONES).update({"security": security, "x-delegation": {"theme": "parking"}})


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
def an_operation_becomes_public_to_delegates_too(documents):
    item(documents)["security"] = []
    del item(documents)["x-delegation"]


@harmless
def an_operation_is_opened_to_who_acts_for_another(documents):
    item(documents, ONE, "delete")["x-delegation"] = {"theme": "parking"}


@harmless
def more_is_said_of_who_acts_for_another(documents):
    item(documents)["x-delegation"]["description"] = "Whoever holds a mandate for parking"


@harmless
def a_second_way_in_is_offered(documents):
    documents[FILE]["components"]["securitySchemes"]["mutual"] = {"type": "mutualTLS"}
    item(documents)["security"].append({"mutual": []})


@harmless
def a_scope_is_added_for_a_new_operation(documents):
    flows = documents[FILE]["components"]["securitySchemes"]["oauth2"]["flows"]
    flows["clientCredentials"]["scopes"]["permits:refund"] = "Give money back"
