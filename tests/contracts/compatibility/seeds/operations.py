"""Changes of operations, parameters and credentials."""

from tests.contracts.compatibility.permits import OPENAPI, PERMIT, PERMITS, ZONES
from tests.contracts.compatibility.seeds import breaking, get_operation, get_parameter, harmless


@breaking("operation-removed")
def an_operation_is_gone(documents):
    del documents[OPENAPI]["paths"][PERMIT]["delete"]


@breaking("operation-removed")
def a_path_is_renamed(documents):
    paths = documents[OPENAPI]["paths"]
    paths["/{council}/permits/v1/parking-permits"] = paths.pop(PERMITS)


@breaking("operation-removed")
def a_method_becomes_another(documents):
    path = documents[OPENAPI]["paths"][PERMIT]
    path["put"] = path.pop("patch")


@breaking("document-removed")
def the_openapi_document_is_gone(documents):
    del documents[OPENAPI]


@breaking("server-removed")
def the_server_gets_another_address(documents):
    documents[OPENAPI]["servers"] = [{"url": "/v2"}]


@breaking("limit-tightened")
def only_a_smaller_body_is_accepted(documents):
    get_operation(documents, method="post")["x-limits"]["body"] = 4096


@breaking("unsupported-change")
def a_callback_changes(documents):
    get_operation(documents, method="post")["callbacks"]["issued"] = {}


@harmless
def an_operation_is_added(documents):
    documents[OPENAPI]["paths"]["/{council}/permits/v1/new"] = {"get": get_operation(documents, ZONES)}


@harmless
def an_operation_is_deprecated_and_described(documents):
    get_operation(documents).update(
        deprecated=True, description="Use the other one", summary="List", tags=["x"]
    )


@harmless
def a_path_parameter_has_another_name(documents):
    path = documents[OPENAPI]["paths"].pop(PERMIT)
    path["parameters"][1]["name"] = "permit_id"
    documents[OPENAPI]["paths"]["/{council}/permits/v1/permits/{permit_id}"] = path


@harmless
def an_operation_id_is_reworded(documents):
    get_operation(documents)["operationId"] = "permits"


@harmless
def a_larger_body_and_more_time_are_accepted(documents):
    get_operation(documents)["x-limits"] = {"body": 10**7, "timeout": 30}


@harmless
def a_second_server_is_named(documents):
    documents[OPENAPI]["servers"].append({"url": "https://townhall.example/"})


@breaking("parameter-removed")
def a_query_parameter_is_gone(documents):
    parameters = get_operation(documents)["parameters"]
    parameters.remove(get_parameter(documents, "q"))


@breaking("parameter-removed")
def a_query_parameter_is_renamed(documents):
    get_parameter(documents, "q")["name"] = "query"


@breaking("parameter-removed")
def a_parameter_moves_from_the_query_to_a_header(documents):
    get_parameter(documents, "zone")["in"] = "header"


@breaking("required-parameter-added")
def a_required_parameter_is_added(documents):
    schema = {"type": "string"}
    get_operation(documents)["parameters"].append(
        {"name": "ward", "in": "query", "required": True, "schema": schema}
    )


@breaking("parameter-made-required")
def a_parameter_becomes_required(documents):
    get_parameter(documents, "q")["required"] = True


@breaking("limit-tightened")
def a_parameter_takes_fewer_characters(documents):
    get_parameter(documents, "q")["schema"]["maxLength"] = 100


@breaking("limit-tightened")
def a_page_holds_fewer_items(documents):
    get_parameter(documents, "limit")["schema"]["maximum"] = 50


@breaking("default-changed")
def the_default_page_size_changes(documents):
    get_parameter(documents, "limit")["schema"]["default"] = 10


@breaking("pattern-changed")
def a_parameters_pattern_takes_less(documents):
    get_parameter(documents, "postcode")["schema"]["pattern"] = "^[A-Z]{2}[0-9]{1,2} [0-9][A-Z]{2}$"


@breaking("pattern-changed")
def a_pattern_with_look_ahead_changes(documents):
    get_parameter(documents, "zone")["schema"]["pattern"] = "^(?!Y)[A-Z]{2}$"


@breaking("pattern-changed")
def a_parameters_pattern_takes_more(documents):
    get_parameter(documents, "postcode")["schema"]["pattern"] = "^[A-Z]{1,2}[0-9A-Z]{1,3} ?[0-9][A-Z]{2}$"


@breaking("pattern-changed")
def a_pattern_is_written_in_another_way(documents):
    get_parameter(documents, "postcode")["schema"]["pattern"] = r"^[A-Z][A-Z]?\d\d?\ \d[A-Z][A-Z]$"


@breaking("limit-tightened")
def a_length_is_stated_that_the_pattern_implies(documents):
    get_parameter(documents, "postcode")["schema"].update(minLength=6, maxLength=8)


@breaking("parameter-style-changed")
def a_list_is_written_with_commas(documents):
    get_parameter(documents, "status")["explode"] = False


@breaking("null-refused")
def a_parameter_is_not_nullable_any_more(documents):
    get_parameter(documents, "on")["schema"] = {"type": "string", "format": "date"}


@breaking("type-narrowed")
def a_parameter_of_a_path_becomes_a_number(documents):
    documents[OPENAPI]["paths"][PERMIT]["parameters"][1]["schema"] = {"type": "integer"}


@breaking("limit-tightened")
def fewer_values_may_be_listed(documents):
    get_parameter(documents, "status")["schema"]["maxItems"] = 2


@harmless
def an_optional_parameter_is_added(documents):
    get_operation(documents)["parameters"].append(
        {"name": "ward", "in": "query", "schema": {"type": "string"}}
    )


@harmless
def a_parameter_takes_more(documents):
    get_parameter(documents, "q")["schema"].update(minLength=1, maxLength=400)
    get_parameter(documents, "limit")["schema"]["maximum"] = 500
    get_parameter(documents, "status")["schema"]["maxItems"] = 50


@harmless
def a_parameters_pattern_is_removed(documents):
    del get_parameter(documents, "zone")["schema"]["pattern"]


@harmless
def a_header_is_written_in_small_letters(documents):
    get_parameter(documents, "Accept-Language")["name"] = "accept-language"


@harmless
def a_parameter_is_moved_to_components(documents):
    parameters = get_operation(documents)["parameters"]
    documents[OPENAPI]["components"]["parameters"] = {"Q": parameters[0]}
    parameters[0] = {"$ref": "#/components/parameters/Q"}


@harmless
def a_required_parameter_gets_optional(documents):
    documents[OPENAPI]["paths"][PERMITS]["parameters"][0]["required"] = False


@breaking("security-added")
def a_public_operation_requires_a_token(documents):
    get_operation(documents, ZONES)["security"] = [{"oauth2": ["permits:read"]}]


@breaking("security-added")
def the_whole_document_requires_a_token(documents):
    del get_operation(documents, ZONES)["security"]
    documents[OPENAPI]["security"] = [{"oauth2": []}]


@breaking("scope-added")
def a_second_scope_is_needed(documents):
    get_operation(documents)["security"][0] = {"oauth2": ["permits:read", "people:read"]}


@breaking("scope-added")
def another_scope_is_needed(documents):
    get_operation(documents)["security"][0] = {"oauth2": ["permits:issue"]}


@breaking("security-removed")
def a_key_is_not_enough_any_more(documents):
    get_operation(documents)["security"].pop()


@breaking("security-removed")
def a_token_is_needed_beside_the_key(documents):
    get_operation(documents)["security"][1] = {"apiKey": [], "oauth2": ["permits:read"]}


@breaking("delegation-narrowed")
def an_operation_is_closed_to_delegates(documents):
    del get_operation(documents)["x-delegation"]


@breaking("delegation-narrowed")
def a_mandate_for_another_theme_is_needed(documents):
    get_operation(documents)["x-delegation"]["theme"] = "benefits"


@breaking("delegation-narrowed")
def a_fixed_theme_becomes_that_of_the_resource(documents):
    get_operation(documents)["x-delegation"]["theme"] = "of-the-resource"


@breaking("security-added")
def a_public_operation_requires_a_token_or_a_mandate(documents):
    security = [{"oauth2": ["permits:read"]}]
    get_operation(documents, ZONES).update({"security": security, "x-delegation": {"theme": "parking"}})


@breaking("security-scheme-changed")
def the_key_goes_in_another_header(documents):
    documents[OPENAPI]["components"]["securitySchemes"]["apiKey"]["name"] = "Api-Key"


@breaking("security-scheme-changed")
def tokens_come_from_another_address(documents):
    flows = documents[OPENAPI]["components"]["securitySchemes"]["oauth2"]["flows"]
    flows["clientCredentials"]["tokenUrl"] = "/identity/oauth/token"


@harmless
def an_operation_becomes_public(documents):
    get_operation(documents)["security"] = []


@harmless
def an_operation_with_delegates_becomes_public(documents):
    get_operation(documents)["security"] = []
    del get_operation(documents)["x-delegation"]


@harmless
def an_operation_is_opened_to_delegates(documents):
    get_operation(documents, PERMIT, "delete")["x-delegation"] = {"theme": "parking"}


@harmless
def a_delegation_is_described(documents):
    get_operation(documents)["x-delegation"]["description"] = "Holders of a mandate for parking"


@harmless
def a_second_way_in_is_offered(documents):
    documents[OPENAPI]["components"]["securitySchemes"]["mutual"] = {"type": "mutualTLS"}
    get_operation(documents)["security"].append({"mutual": []})


@harmless
def a_scope_is_added_for_a_new_operation(documents):
    flows = documents[OPENAPI]["components"]["securitySchemes"]["oauth2"]["flows"]
    flows["clientCredentials"]["scopes"]["permits:refund"] = "Give money back"
