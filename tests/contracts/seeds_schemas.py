"""Changes of the schemas of requests, of answers and of events."""

from tests.contracts.permits import EVENT, FILE, ref
from tests.contracts.seeds import Documents, breaking, harmless


def schema(documents: Documents, name: str):
    return documents[FILE]["components"]["schemas"][name]


def new_permit(documents: Documents):
    return schema(documents, "NewPermit")["properties"]


def permit(documents: Documents):
    return schema(documents, "Permit")["allOf"][1]["properties"]


def issued(documents: Documents):
    return documents[EVENT]["$defs"]["Issued"]


# --- what clients send --------------------------------------------------------------------------------


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


@breaking("pattern-tightened")
def a_pattern_is_added(documents):
    new_permit(documents)["vehicle"]["pattern"] = "^[A-Z0-9 ]+$"


@breaking("pattern-tightened")
def a_pattern_in_a_union_takes_less(documents):
    # Invoice is sent and answered: what it may be told in an answer got less, which breaks nobody.
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
    union["oneOf"] = [ref("Card"), _cash()]
    del union["discriminator"]


def _cash():
    kind = {"type": "string", "const": "cash"}
    return {"type": "object", "properties": {"type": kind}, "required": ["type"]}


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
    new_permit(documents)["payment"]["oneOf"].append(_cash())


@harmless
def a_union_is_written_with_any_of_and_in_another_order(documents):
    new_permit(documents)["payment"] = {"anyOf": [ref("Invoice"), ref("Card")]}


@harmless
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


# --- what clients are sent ----------------------------------------------------------------------------


@breaking("field-removed")
def an_answers_field_is_gone(documents):
    del permit(documents)["reason"]


@breaking("field-removed")
def an_answers_inner_field_is_gone(documents):
    del permit(documents)["holder"]["properties"]["uprn"]


@breaking("field-removed")
def an_inherited_field_is_gone(documents):
    del schema(documents, "Base")["properties"]["created_at"]


@breaking("field-removed")
def an_answers_field_is_gone_and_the_object_closed(documents):
    del schema(documents, "Ticket")["properties"]["see"]
    schema(documents, "Ticket").update(required=["id"], additionalProperties=False)


@breaking("field-removed")
def an_answers_field_is_renamed(documents):
    permit(documents)["plate"] = permit(documents).pop("vehicle")


@breaking("field-removed")
def a_field_of_a_tree_is_gone(documents):
    del schema(documents, "Zone")["properties"]["label"]


@breaking("field-made-optional")
def an_answers_field_may_be_missing(documents):
    schema(documents, "Permit")["allOf"][1]["required"].remove("price")


@breaking("field-made-write-only")
def an_answers_field_is_write_only(documents):
    permit(documents)["price"]["writeOnly"] = True


@breaking("null-added")
def an_answers_field_may_be_null(documents):
    permit(documents)["price"] = {"anyOf": [permit(documents)["price"], {"type": "null"}]}


@breaking("type-widened")
def an_answers_integer_becomes_a_number(documents):
    permit(documents)["price"]["type"] = "number"


@breaking("type-widened")
def an_answers_number_becomes_a_text(documents):
    permit(documents)["price"] = {"type": "string"}


@breaking("type-widened")
def an_answers_field_may_be_anything(documents):
    permit(documents)["holder"] = {}


@breaking("enum-value-added")
def a_closed_list_of_an_answer_grows(documents):
    permit(documents)["status"] = {"type": "string", "enum": ["applied", "issued", "expired", "lost"]}


@breaking("enum-opened")
def a_closed_list_of_an_answer_opens(documents):
    permit(documents)["status"] = {"type": "string"}


@breaking("limit-loosened")
def an_answers_number_gets_larger(documents):
    permit(documents)["price"]["maximum"] = 10**12


@breaking("limit-loosened")
def an_answers_text_gets_longer(documents):
    permit(documents)["vehicle"]["maxLength"] = 20


@breaking("limit-loosened")
def an_answers_list_gets_longer(documents):
    permit(documents)["history"]["maxItems"] = 5000


@breaking("pattern-loosened", "limit-loosened")
def an_identifier_gets_another_form(documents):
    schema(documents, "Base")["properties"]["id"] = {"type": "string", "pattern": "^[0-9a-f-]{36}$"}


@breaking("format-loosened")
def a_date_may_be_any_text(documents):
    del schema(documents, "Base")["properties"]["created_at"]["format"]


@breaking("field-added-to-closed-object")
def a_complete_object_gets_a_field(documents):
    schema(documents, "Entry")["properties"]["who"] = {"type": "string"}


@breaking("object-opened")
def a_complete_object_is_opened(documents):
    del schema(documents, "Entry")["additionalProperties"]


@breaking("type-widened")
def a_maps_values_are_anything(documents):
    permit(documents)["labels"]["additionalProperties"] = True


@breaking("variant-added")
def an_answer_gets_a_variant(documents):
    permit(documents)["paid_by"]["oneOf"].append(_cash())


@breaking("type-widened")
def an_answers_list_becomes_an_object(documents):
    schema(documents, "Page")["properties"]["items"] = {"type": "object"}


@breaking("limit-loosened", "type-widened")
def a_tuple_gets_longer(documents):
    box = schema(documents, "Features")["properties"]["bbox"]
    box.update(prefixItems=[*box["prefixItems"], {"type": "number"}, {"type": "number"}], maxItems=6)


@breaking("constraint-changed")
def an_answers_field_can_have_no_value(documents):
    permit(documents)["status"] = {"type": "integer", "enum": ["applied"]}


@harmless
def an_answers_field_is_added(documents):
    permit(documents)["colour"] = {"type": "string"}
    schema(documents, "Zone")["properties"]["colour"] = ref("Status")


@harmless
def an_answers_optional_field_is_always_there(documents):
    schema(documents, "Permit")["allOf"][1]["required"].append("ends")


@harmless
def an_answer_is_never_null_any_more(documents):
    permit(documents)["ends"] = {"type": "string", "format": "date"}


@harmless
def an_answer_says_less_than_it_might(documents):
    fields = permit(documents)
    fields["price"]["maximum"] = 1000
    fields["vehicle"].update(maxLength=7, pattern="^[A-Z0-9]+$")
    fields["history"]["maxItems"] = 50
    fields["status"] = {"type": "string", "enum": ["applied", "issued"]}
    fields["paid_by"] = ref("Card")


@harmless
def a_list_that_was_said_to_grow_grows(documents):
    schema(documents, "Reason")["enum"].append("stolen")


@harmless
def an_inherited_schema_is_written_out(documents):
    whole = schema(documents, "Permit")["allOf"]
    base = schema(documents, "Base")
    flat = {**whole[1], "properties": {**base["properties"], **whole[1]["properties"]}}
    flat["required"] = ["id", *whole[1]["required"]]
    documents[FILE]["components"]["schemas"]["Permit"] = flat


@harmless
def an_answer_object_is_closed(documents):
    schema(documents, "Ticket")["additionalProperties"] = False


# --- events -------------------------------------------------------------------------------------------


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
    del issued(documents)["properties"]["zone"]


@breaking("field-removed")
def an_attribute_of_the_envelope_is_gone(documents):
    del documents[EVENT]["properties"]["sequence"]
    documents[EVENT]["required"].remove("sequence")


@breaking("field-made-optional")
def an_events_field_may_be_missing(documents):
    issued(documents)["required"].remove("uprn")


@breaking("null-added")
def an_events_field_may_be_null(documents):
    issued(documents)["properties"]["permit"]["type"] = ["string", "null"]


@breaking("enum-value-added")
def an_event_has_another_state(documents):
    issued(documents)["properties"]["status"]["enum"].append("given-back")


@breaking("type-widened")
def an_events_number_becomes_a_text(documents):
    issued(documents)["properties"]["price"] = {"type": "string"}


@breaking("pattern-loosened")
def an_events_code_gets_longer(documents):
    issued(documents)["properties"]["zone"]["pattern"] = "^[A-Z]{2,3}$"


@harmless
def an_event_is_added(documents):
    documents["events/permits.permit.lost.v1.json"] = documents[EVENT]


@harmless
def an_event_gets_a_field(documents):
    issued(documents)["properties"]["months"] = {"type": "integer"}
    issued(documents)["required"].append("months")


@harmless
def an_events_field_is_never_null_any_more(documents):
    issued(documents)["properties"]["uprn"] = {"type": "integer"}


@harmless
def an_events_example_is_another(documents):
    documents[EVENT]["examples"] = [{"id": "another"}]
    documents[EVENT]["description"] = "Told in other words"
