"""Changes of what clients are sent."""

from tests.contracts.permits import FILE, ref
from tests.contracts.seeds import breaking, cash, harmless, permit, schema


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


@breaking("pattern-changed", "limit-loosened")
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
    permit(documents)["paid_by"]["oneOf"].append(cash())


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
