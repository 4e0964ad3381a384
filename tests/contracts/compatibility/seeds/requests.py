"""Changes of what clients send."""

from tests.contracts.compatibility.permits import OPENAPI, make_ref
from tests.contracts.compatibility.seeds import breaking, get_request_fields, get_schema, harmless, make_cash


@breaking("field-removed")
def a_request_field_is_gone(documents):
    del get_request_fields(documents)["note"]


@breaking("field-removed")
def a_request_field_is_renamed(documents):
    get_request_fields(documents)["remark"] = get_request_fields(documents).pop("note")


@breaking("required-field-added")
def a_required_request_field_is_added(documents):
    get_request_fields(documents)["reason"] = {"type": "string"}
    get_schema(documents, "NewPermit")["required"].append("reason")


@breaking("field-made-required")
def a_request_field_becomes_required(documents):
    get_schema(documents, "NewPermit")["required"].append("email")


@breaking("field-made-read-only")
def a_request_field_is_read_only(documents):
    get_request_fields(documents)["email"]["readOnly"] = True


@breaking("object-closed")
def unknown_request_fields_are_refused(documents):
    get_schema(documents, "NewPermit")["additionalProperties"] = False


@breaking("object-closed")
def a_map_is_closed(documents):
    get_request_fields(documents)["labels"]["additionalProperties"] = False


@breaking("limit-tightened")
def a_maps_values_get_shorter(documents):
    get_request_fields(documents)["labels"]["additionalProperties"] = {
        "type": "string",
        "minLength": 1,
        "maxLength": 20,
    }


@breaking("type-narrowed")
def a_map_gets_a_field_of_another_type(documents):
    get_request_fields(documents)["labels"]["properties"] = {"colour": {"type": "integer"}}


@breaking("type-narrowed")
def a_number_becomes_an_integer(documents):
    get_request_fields(documents)["weight"] = {"type": "integer", "exclusiveMinimum": 0, "maximum": 3500}


@breaking("type-narrowed")
def a_request_field_changes_its_type(documents):
    get_request_fields(documents)["uprn"] = {"type": "string"}


@breaking("null-refused")
def null_is_refused(documents):
    get_request_fields(documents)["note"] = {"type": "string", "minLength": 1, "maxLength": 200}


@breaking("null-refused")
def null_is_removed_from_a_list_of_values(documents):
    get_request_fields(documents)["colour"]["enum"] = ["red", "blue"]


@breaking("enum-value-removed")
def a_request_value_is_refused(documents):
    get_request_fields(documents)["months"]["enum"] = [6, 12]


@breaking("enum-value-removed", "enum-value-added")
def a_value_is_renamed_both_ways(documents):
    get_schema(documents, "Status")["enum"] = ["applied", "granted", "expired"]


@breaking("enum-added")
def a_free_text_becomes_a_list(documents):
    get_request_fields(documents)["vehicle"]["enum"] = ["AB12 CDE"]


@breaking("limit-tightened")
def a_number_gets_a_lower_maximum(documents):
    get_request_fields(documents)["uprn"]["maximum"] = 99999


@breaking("limit-tightened")
def a_number_gets_a_higher_minimum(documents):
    get_request_fields(documents)["weight"]["exclusiveMinimum"] = 10


@breaking("limit-tightened")
def a_bound_becomes_exclusive(documents):
    weight = get_request_fields(documents)["weight"]
    del weight["maximum"]
    weight["exclusiveMaximum"] = 3500


@breaking("limit-tightened")
def a_number_gets_coarser(documents):
    get_request_fields(documents)["weight"]["multipleOf"] = 1


@breaking("limit-tightened")
def a_text_gets_shorter(documents):
    get_request_fields(documents)["vehicle"]["maxLength"] = 7


@breaking("limit-tightened")
def a_text_may_not_be_so_short(documents):
    get_request_fields(documents)["vehicle"]["minLength"] = 5


@breaking("limit-tightened")
def a_nullable_text_gets_shorter(documents):
    get_request_fields(documents)["note"]["anyOf"][0] = {"type": "string", "minLength": 1, "maxLength": 20}


@breaking("pattern-changed")
def a_pattern_is_added(documents):
    get_request_fields(documents)["vehicle"]["pattern"] = "^[A-Z0-9 ]+$"


@breaking("pattern-changed")
def a_pattern_in_a_union_takes_less(documents):
    get_schema(documents, "Invoice")["properties"]["account"]["pattern"] = "^[0-9]{6,9}$"


@breaking("format-tightened")
def a_format_is_required(documents):
    get_request_fields(documents)["vehicle"]["format"] = "uri"


@breaking("limit-tightened")
def a_list_gets_shorter(documents):
    get_request_fields(documents)["tags"]["maxItems"] = 3


@breaking("limit-tightened")
def a_lists_entries_must_differ(documents):
    get_request_fields(documents)["tags"]["uniqueItems"] = True


@breaking("limit-tightened")
def a_list_may_not_be_empty(documents):
    get_request_fields(documents)["tags"]["minItems"] = 1


@breaking("limit-tightened")
def a_map_holds_fewer_fields(documents):
    get_request_fields(documents)["labels"]["maxProperties"] = 5


@breaking("variant-removed")
def a_variant_of_a_request_is_gone(documents):
    union = get_request_fields(documents)["payment"]
    union["oneOf"] = [make_ref("Card"), make_cash()]
    del union["discriminator"]


@breaking("default-changed")
def a_request_fields_default_changes(documents):
    get_request_fields(documents)["months"]["default"] = 3


@breaking("constraint-changed")
def a_negation_changes(documents):
    get_request_fields(documents)["rule"]["not"] = {"const": "nothing"}


@breaking("constraint-changed")
def a_condition_is_added(documents):
    whole = get_schema(documents, "NewPermit")
    whole["if"] = {"required": ["email"]}
    whole["then"] = {"required": ["note"]}


@breaking("constraint-changed")
def names_of_fields_are_limited(documents):
    get_request_fields(documents)["labels"]["propertyNames"] = {"maxLength": 10}


@breaking("limit-tightened")
def a_schema_that_holds_itself_takes_less(documents):
    get_schema(documents, "Part")["properties"]["name"] = {"type": "string", "minLength": 1, "maxLength": 50}


@breaking("field-made-required")
def a_schema_that_holds_itself_requires_more(documents):
    get_schema(documents, "Part")["required"].append("parts")


@breaking("field-removed")
def a_field_of_an_object_inside_is_gone(documents):
    get_request_fields(documents)["extra"]["properties"] = {"b": {"type": "string"}}


@harmless
def an_optional_request_field_is_added(documents):
    get_request_fields(documents)["reason"] = {"type": "string", "maxLength": 10}


@harmless
def a_required_request_field_gets_optional(documents):
    get_schema(documents, "NewPermit")["required"].remove("uprn")


@harmless
def a_request_takes_null_too(documents):
    get_request_fields(documents)["email"] = {
        "anyOf": [get_request_fields(documents)["email"], {"type": "null"}]
    }


@harmless
def null_is_written_as_a_list_of_types(documents):
    get_request_fields(documents)["note"] = {"type": ["null", "string"], "minLength": 1, "maxLength": 200}


@harmless
def a_request_takes_another_value(documents):
    get_request_fields(documents)["months"]["enum"] = [1, 3, 6, 12]
    get_request_fields(documents)["colour"]["enum"].append("green")


@harmless
def a_list_of_values_becomes_free(documents):
    get_request_fields(documents)["months"] = {"type": "integer", "default": 12}


@harmless
def request_limits_are_loosened(documents):
    fields = get_request_fields(documents)
    fields["vehicle"] = {"type": "string"}
    fields["weight"] = {"type": "number", "minimum": 0}
    fields["tags"]["maxItems"] = 100
    fields["labels"].pop("maxProperties")
    fields["email"] = {"type": "string"}


@harmless
def an_integer_may_be_any_number(documents):
    get_request_fields(documents)["uprn"] = {"type": "number", "minimum": 0}


@harmless
def a_variant_is_added_to_a_request(documents):
    get_request_fields(documents)["payment"]["oneOf"].append(make_cash())


@harmless
def a_union_is_written_with_any_of_and_in_another_order(documents):
    get_request_fields(documents)["payment"] = {"anyOf": [make_ref("Invoice"), make_ref("Card")]}


@breaking("variant-removed")
def a_range_becomes_two_that_join(documents):
    get_request_fields(documents)["uprn"] = {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 500},
            {"type": "integer", "minimum": 501, "maximum": 999999999999},
        ]
    }


@harmless
def a_closed_request_object_takes_another_field(documents):
    get_request_fields(documents)["extra"]["properties"]["b"] = {"type": "string"}


@harmless
def a_closed_request_object_is_opened(documents):
    del get_request_fields(documents)["extra"]["additionalProperties"]


@harmless
def a_negation_is_removed(documents):
    del get_request_fields(documents)["rule"]["not"]


@harmless
def a_schema_that_holds_itself_takes_more(documents):
    get_schema(documents, "Part")["properties"]["note"] = {"type": "string"}
    get_schema(documents, "Part")["required"] = []


@harmless
def a_component_is_renamed(documents):
    schemas = documents[OPENAPI]["components"]["schemas"]
    schemas["Vehicle"] = schemas.pop("NewPermit")
    post = documents[OPENAPI]["paths"]["/{council}/permits/v1/permits"]["post"]
    post["requestBody"]["content"]["application/json"]["schema"] = make_ref("Vehicle")


@harmless
def texts_for_people_are_reworded(documents):
    for component in documents[OPENAPI]["components"]["schemas"].values():
        component.update(title="T", description="D", examples=[{}], deprecated=True, **{"x-note": 1})


@harmless
def a_first_default_is_stated(documents):
    get_request_fields(documents)["email"]["default"] = "nobody@example.org"
