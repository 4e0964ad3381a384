"""Changes of what clients are sent."""

from tests.contracts.compatibility.permits import OPENAPI, make_ref
from tests.contracts.compatibility.seeds import breaking, get_permit_fields, get_schema, harmless, make_cash


@breaking("field-removed")
def an_answers_field_is_gone(documents):
    del get_permit_fields(documents)["reason"]


@breaking("field-removed")
def an_answers_inner_field_is_gone(documents):
    del get_permit_fields(documents)["holder"]["properties"]["uprn"]


@breaking("field-removed")
def an_inherited_field_is_gone(documents):
    del get_schema(documents, "Base")["properties"]["created_at"]


@breaking("field-removed")
def an_answers_field_is_removed_and_the_object_closed(documents):
    del get_schema(documents, "Ticket")["properties"]["see"]
    get_schema(documents, "Ticket").update(required=["id"], additionalProperties=False)


@breaking("field-removed")
def an_answers_field_is_renamed(documents):
    get_permit_fields(documents)["plate"] = get_permit_fields(documents).pop("vehicle")


@breaking("field-removed")
def a_field_of_a_tree_is_gone(documents):
    del get_schema(documents, "Zone")["properties"]["label"]


@breaking("field-made-optional")
def an_answers_field_may_be_missing(documents):
    get_schema(documents, "Permit")["allOf"][1]["required"].remove("price")


@breaking("field-made-write-only")
def an_answers_field_is_write_only(documents):
    get_permit_fields(documents)["price"]["writeOnly"] = True


@breaking("null-added")
def an_answers_field_may_be_null(documents):
    get_permit_fields(documents)["price"] = {
        "anyOf": [get_permit_fields(documents)["price"], {"type": "null"}]
    }


@breaking("type-widened")
def an_answers_integer_becomes_a_number(documents):
    get_permit_fields(documents)["price"]["type"] = "number"


@breaking("type-widened")
def an_answers_number_becomes_a_text(documents):
    get_permit_fields(documents)["price"] = {"type": "string"}


@breaking("type-widened")
def an_answers_field_may_be_anything(documents):
    get_permit_fields(documents)["holder"] = {}


@breaking("enum-value-added")
def a_closed_list_of_an_answer_grows(documents):
    get_permit_fields(documents)["status"] = {
        "type": "string",
        "enum": ["applied", "issued", "expired", "lost"],
    }


@breaking("enum-opened")
def a_closed_list_of_an_answer_opens(documents):
    get_permit_fields(documents)["status"] = {"type": "string"}


@breaking("limit-loosened")
def an_answers_number_gets_larger(documents):
    get_permit_fields(documents)["price"]["maximum"] = 10**12


@breaking("limit-loosened")
def an_answers_text_gets_longer(documents):
    get_permit_fields(documents)["vehicle"]["maxLength"] = 20


@breaking("limit-loosened")
def an_answers_list_gets_longer(documents):
    get_permit_fields(documents)["history"]["maxItems"] = 5000


@breaking("pattern-changed", "limit-loosened")
def an_identifier_gets_another_form(documents):
    get_schema(documents, "Base")["properties"]["id"] = {"type": "string", "pattern": "^[0-9a-f-]{36}$"}


@breaking("format-loosened")
def a_date_may_be_any_text(documents):
    del get_schema(documents, "Base")["properties"]["created_at"]["format"]


@breaking("field-added-to-closed-object")
def a_complete_object_gets_a_field(documents):
    get_schema(documents, "Entry")["properties"]["who"] = {"type": "string"}


@breaking("object-opened")
def a_complete_object_is_opened(documents):
    del get_schema(documents, "Entry")["additionalProperties"]


@breaking("type-widened")
def a_maps_values_are_anything(documents):
    get_permit_fields(documents)["labels"]["additionalProperties"] = True


@breaking("variant-added")
def an_answer_gets_a_variant(documents):
    get_permit_fields(documents)["paid_by"]["oneOf"].append(make_cash())


@breaking("type-widened")
def an_answers_list_becomes_an_object(documents):
    get_schema(documents, "Page")["properties"]["items"] = {"type": "object"}


@breaking("limit-loosened", "type-widened")
def a_tuple_gets_longer(documents):
    box = get_schema(documents, "Features")["properties"]["bbox"]
    box.update(prefixItems=[*box["prefixItems"], {"type": "number"}, {"type": "number"}], maxItems=6)


@breaking("constraint-changed")
def an_answers_field_has_no_valid_value(documents):
    get_permit_fields(documents)["status"] = {"type": "integer", "enum": ["applied"]}


@harmless
def an_answers_field_is_added(documents):
    get_permit_fields(documents)["colour"] = {"type": "string"}
    get_schema(documents, "Zone")["properties"]["colour"] = make_ref("Status")


@harmless
def an_answers_optional_field_is_always_there(documents):
    get_schema(documents, "Permit")["allOf"][1]["required"].append("ends")


@harmless
def an_answer_is_never_null_any_more(documents):
    get_permit_fields(documents)["ends"] = {"type": "string", "format": "date"}


@harmless
def an_answer_is_limited_further(documents):
    fields = get_permit_fields(documents)
    fields["price"]["maximum"] = 1000
    fields["vehicle"].update(maxLength=7, pattern="^[A-Z0-9]+$")
    fields["history"]["maxItems"] = 50
    fields["status"] = {"type": "string", "enum": ["applied", "issued"]}
    fields["paid_by"] = make_ref("Card")


@harmless
def an_extensible_list_grows(documents):
    get_schema(documents, "Reason")["enum"].append("stolen")


@harmless
def an_inherited_schema_is_written_out(documents):
    whole = get_schema(documents, "Permit")["allOf"]
    base = get_schema(documents, "Base")
    flat = {**whole[1], "properties": {**base["properties"], **whole[1]["properties"]}}
    flat["required"] = ["id", *whole[1]["required"]]
    documents[OPENAPI]["components"]["schemas"]["Permit"] = flat


@harmless
def an_answer_object_is_closed(documents):
    get_schema(documents, "Ticket")["additionalProperties"] = False
