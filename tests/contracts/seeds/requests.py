"""Changes of what clients send."""

from tests.contracts.permits import FILE, ref
from tests.contracts.seeds import breaking, cash, harmless, new_permit, schema


@breaking("field-removed")
def a_request_field_is_gone(documents):
    del new_permit(documents)["note"]


@breaking("field-removed")
def a_request_field_is_renamed(documents):
    new_permit(documents)["remark"] = new_permit(documents).pop("note")


@breaking("required-field-added")
def a_required_request_field_is_added(documents):
    new_permit(documents)["reason"] = {"type": "string"}
    schema(documents, "NewPermit")["required"].append("reason")


@breaking("field-made-required")
def a_request_field_becomes_required(documents):
    schema(documents, "NewPermit")["required"].append("email")


@breaking("field-made-read-only")
def a_request_field_is_read_only(documents):
    new_permit(documents)["email"]["readOnly"] = True


@breaking("object-closed")
def unknown_request_fields_are_refused(documents):
    schema(documents, "NewPermit")["additionalProperties"] = False


@breaking("object-closed")
def a_map_is_closed(documents):
    new_permit(documents)["labels"]["additionalProperties"] = False


@breaking("limit-tightened")
def a_maps_values_get_shorter(documents):
    new_permit(documents)["labels"]["additionalProperties"] = {
        "type": "string",
        "minLength": 1,
        "maxLength": 20,
    }


@breaking("type-narrowed")
def a_map_gets_a_field_of_another_type(documents):
    new_permit(documents)["labels"]["properties"] = {"colour": {"type": "integer"}}


@breaking("type-narrowed")
def a_number_becomes_an_integer(documents):
    new_permit(documents)["weight"] = {"type": "integer", "exclusiveMinimum": 0, "maximum": 3500}


@breaking("type-narrowed")
def a_request_field_changes_its_type(documents):
    new_permit(documents)["uprn"] = {"type": "string"}


@breaking("null-refused")
def null_is_refused(documents):
    new_permit(documents)["note"] = {"type": "string", "minLength": 1, "maxLength": 200}


@breaking("null-refused")
def null_leaves_a_list_of_values(documents):
    new_permit(documents)["colour"]["enum"] = ["red", "blue"]


@breaking("enum-value-removed")
def a_request_value_is_refused(documents):
    new_permit(documents)["months"]["enum"] = [6, 12]


@breaking("enum-value-removed", "enum-value-added")
def a_value_is_renamed_both_ways(documents):
    schema(documents, "Status")["enum"] = ["applied", "granted", "expired"]


@breaking("enum-added")
def a_free_text_becomes_a_list(documents):
    new_permit(documents)["vehicle"]["enum"] = ["AB12 CDE"]


@breaking("limit-tightened")
def a_number_gets_a_lower_end(documents):
    new_permit(documents)["uprn"]["maximum"] = 99999


@breaking("limit-tightened")
def a_number_gets_a_higher_start(documents):
    new_permit(documents)["weight"]["exclusiveMinimum"] = 10


@breaking("limit-tightened")
def an_end_is_left_out(documents):
    weight = new_permit(documents)["weight"]
    del weight["maximum"]
    weight["exclusiveMaximum"] = 3500


@breaking("limit-tightened")
def a_number_gets_coarser(documents):
    new_permit(documents)["weight"]["multipleOf"] = 1


@breaking("limit-tightened")
def a_text_gets_shorter(documents):
    new_permit(documents)["vehicle"]["maxLength"] = 7


@breaking("limit-tightened")
def a_text_may_not_be_so_short(documents):
    new_permit(documents)["vehicle"]["minLength"] = 5


@breaking("limit-tightened")
def a_nullable_text_gets_shorter(documents):
    new_permit(documents)["note"]["anyOf"][0] = {"type": "string", "minLength": 1, "maxLength": 20}


@breaking("pattern-changed")
def a_pattern_is_added(documents):
    new_permit(documents)["vehicle"]["pattern"] = "^[A-Z0-9 ]+$"


@breaking("pattern-changed")
def a_pattern_in_a_union_takes_less(documents):
    schema(documents, "Invoice")["properties"]["account"]["pattern"] = "^[0-9]{6,9}$"


@breaking("format-tightened")
def a_format_is_asked_for(documents):
    new_permit(documents)["vehicle"]["format"] = "uri"


@breaking("limit-tightened")
def a_list_gets_shorter(documents):
    new_permit(documents)["tags"]["maxItems"] = 3


@breaking("limit-tightened")
def a_lists_entries_must_differ(documents):
    new_permit(documents)["tags"]["uniqueItems"] = True


@breaking("limit-tightened")
def a_list_may_not_be_empty(documents):
    new_permit(documents)["tags"]["minItems"] = 1


@breaking("limit-tightened")
def a_map_holds_fewer_fields(documents):
    new_permit(documents)["labels"]["maxProperties"] = 5


@breaking("variant-removed")
def a_variant_of_a_request_is_gone(documents):
    union = new_permit(documents)["payment"]
    union["oneOf"] = [ref("Card"), cash()]
    del union["discriminator"]


@breaking("default-changed")
def a_request_fields_default_changes(documents):
    new_permit(documents)["months"]["default"] = 3


@breaking("constraint-changed")
def a_negation_changes(documents):
    new_permit(documents)["rule"]["not"] = {"const": "nothing"}


@breaking("constraint-changed")
def a_condition_is_added(documents):
    whole = schema(documents, "NewPermit")
    whole["if"] = {"required": ["email"]}
    whole["then"] = {"required": ["note"]}


@breaking("constraint-changed")
def names_of_fields_are_limited(documents):
    new_permit(documents)["labels"]["propertyNames"] = {"maxLength": 10}


@breaking("limit-tightened")
def a_schema_that_holds_itself_takes_less(documents):
    schema(documents, "Part")["properties"]["name"] = {"type": "string", "minLength": 1, "maxLength": 50}


@breaking("field-made-required")
def a_schema_that_holds_itself_asks_for_more(documents):
    schema(documents, "Part")["required"].append("parts")


@breaking("field-removed")
def a_field_of_an_object_inside_is_gone(documents):
    new_permit(documents)["extra"]["properties"] = {"b": {"type": "string"}}


@harmless
def an_optional_request_field_is_added(documents):
    new_permit(documents)["reason"] = {"type": "string", "maxLength": 10}


@harmless
def a_required_request_field_gets_optional(documents):
    schema(documents, "NewPermit")["required"].remove("uprn")


@harmless
def a_request_takes_null_too(documents):
    new_permit(documents)["email"] = {"anyOf": [new_permit(documents)["email"], {"type": "null"}]}


@harmless
def null_is_written_as_a_list_of_types(documents):
    new_permit(documents)["note"] = {"type": ["null", "string"], "minLength": 1, "maxLength": 200}


@harmless
def a_request_takes_another_value(documents):
    new_permit(documents)["months"]["enum"] = [1, 3, 6, 12]
    new_permit(documents)["colour"]["enum"].append("green")


@harmless
def a_list_of_values_becomes_free(documents):
    new_permit(documents)["months"] = {"type": "integer", "default": 12}


@harmless
def request_limits_are_loosened(documents):
    fields = new_permit(documents)
    fields["vehicle"] = {"type": "string"}
    fields["weight"] = {"type": "number", "minimum": 0}
    fields["tags"]["maxItems"] = 100
    fields["labels"].pop("maxProperties")
    fields["email"] = {"type": "string"}


@harmless
def an_integer_may_be_any_number(documents):
    new_permit(documents)["uprn"] = {"type": "number", "minimum": 0}


@harmless
def a_variant_is_added_to_a_request(documents):
    new_permit(documents)["payment"]["oneOf"].append(cash())


@harmless
def a_union_is_written_with_any_of_and_in_another_order(documents):
    new_permit(documents)["payment"] = {"anyOf": [ref("Invoice"), ref("Card")]}


@breaking("variant-removed")
def a_range_is_cut_in_two_that_join(documents):
    new_permit(documents)["uprn"] = {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 500},
            {"type": "integer", "minimum": 501, "maximum": 999999999999},
        ]
    }


@harmless
def a_closed_request_object_takes_another_field(documents):
    new_permit(documents)["extra"]["properties"]["b"] = {"type": "string"}


@harmless
def a_closed_request_object_is_opened(documents):
    del new_permit(documents)["extra"]["additionalProperties"]


@harmless
def a_negation_goes(documents):
    del new_permit(documents)["rule"]["not"]


@harmless
def a_schema_that_holds_itself_takes_more(documents):
    schema(documents, "Part")["properties"]["note"] = {"type": "string"}
    schema(documents, "Part")["required"] = []


@harmless
def a_component_is_renamed(documents):
    schemas = documents[FILE]["components"]["schemas"]
    schemas["Vehicle"] = schemas.pop("NewPermit")
    post = documents[FILE]["paths"]["/{council}/permits/v1/permits"]["post"]
    post["requestBody"]["content"]["application/json"]["schema"] = ref("Vehicle")


@harmless
def texts_for_people_are_reworded(documents):
    for one in documents[FILE]["components"]["schemas"].values():
        one.update(title="T", description="D", examples=[{}], deprecated=True, **{"x-note": 1})


@harmless
def a_first_default_is_stated(documents):
    new_permit(documents)["email"]["default"] = "nobody@example.org"
