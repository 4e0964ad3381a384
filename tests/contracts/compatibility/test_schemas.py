"""Schemas compared one by one, where a whole contract would only hide the point."""

import pytest

from dev.contracts.compatibility.documents import Document
from dev.contracts.compatibility.schemas import SchemaComparison

FIELD = {"type": "string"}
OPEN = {"type": "object", "properties": {"b": FIELD}}
CLOSED = {"type": "object", "properties": {"a": FIELD}, "additionalProperties": False}
BOTH = {"type": "object", "properties": {"a": FIELD, "b": FIELD}, "additionalProperties": False}
LETTER = {"type": "string", "pattern": "^[a-c]$"}


def list_rules(direction, old, new):
    comparison = SchemaComparison(Document(old), Document(new), direction)
    return sorted(change.rule for change in comparison.compare(old, new))


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize(
    ("schema", "rewritten"),
    [
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
        ({"type": "integer", "exclusiveMaximum": 10}, {"type": "integer", "maximum": 9}),
        ({"type": ["string", "null"]}, {"anyOf": [{"type": "null"}, {"type": "string"}]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"enum": ["a", "b"]}, {"anyOf": [{"const": "b"}, {"const": "a"}]}),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, {"type": "string", "maxLength": 3}),
        ({"type": "string", "enum": ["a", "abc"], "maxLength": 1}, {"const": "a"}),
        ({"type": "number", "multipleOf": 1}, {"type": "number", "multipleOf": 1.0}),
        ({}, True),
    ],
)
def test_the_same_schema_in_other_words_breaks_nothing(direction, schema, rewritten):
    assert list_rules(direction, schema, rewritten) == []
    assert list_rules(direction, rewritten, schema) == []


@pytest.mark.parametrize("direction", ["request", "response"])
def test_a_changed_pattern_is_reported_even_where_it_accepts_the_same(direction):
    rewritten = {"type": "string", "pattern": "^(a|b|c)$"}
    assert list_rules(direction, LETTER, rewritten) == ["pattern-changed"]
    assert list_rules(direction, rewritten, LETTER) == ["pattern-changed"]


def test_a_pattern_may_be_removed_from_a_request_and_added_to_an_answer_only():
    assert list_rules("request", LETTER, FIELD) == []
    assert list_rules("response", FIELD, LETTER) == []
    assert list_rules("request", FIELD, LETTER) == ["pattern-changed"]
    assert list_rules("response", LETTER, FIELD) == ["pattern-changed"]


def test_a_closed_part_of_a_whole_is_not_opened_by_the_others():
    # A closed part refuses the field the other part names: {"b": ""} was valid and is not.
    assert "constraint-changed" in list_rules("request", BOTH, {"allOf": [CLOSED, OPEN]})


def test_a_field_beside_a_map_must_be_as_the_maps_values_were():
    old = {"type": "object", "additionalProperties": {"type": "string"}}
    new = {**old, "properties": {"count": {"type": "integer"}}}
    assert list_rules("response", old, new) == ["type-widened"]
    assert list_rules("response", old, {**old, "properties": {"name": FIELD}}) == []


def test_members_of_a_one_of_that_overlap_may_not_change():
    # 4 was a value of one member only; now it is of two, and one-of refuses it.
    old = {"oneOf": [{"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 3}]}
    new = {"oneOf": [{"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 3}]}
    assert list_rules("request", old, new) == ["variant-removed", "variant-removed"]


def test_a_schema_that_is_nothing_but_itself_is_refused():
    loop = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}
    assert list_rules("request", loop, {"type": "string"}) == ["constraint-changed"]


def test_a_list_with_an_unreadable_pattern_is_kept_as_it_is():
    unreadable = {"type": "string", "pattern": r"^\p{L}$"}
    old, new = {**unreadable, "enum": ["a", "b"]}, {**unreadable, "enum": ["a"]}
    assert list_rules("request", old, new) == ["enum-value-removed"]
    assert list_rules("request", {"type": "string", "enum": ["a"]}, unreadable) == ["limit-tightened"]


def test_a_reference_to_nowhere_is_an_error():
    with pytest.raises(KeyError):
        list_rules("request", {"$ref": "#/$defs/Missing"}, {"type": "string"})


FULL = {"type": "object", "required": ["b"], "additionalProperties": {"type": "integer"}, "maxProperties": 1}
STEPS = {"type": "number", "exclusiveMaximum": 2, "multipleOf": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"anyOf": [{"type": "integer"}, {**FULL, "properties": {"a": FIELD}}]}, {"type": "integer"}),
        (
            {"anyOf": [{"type": "number", "minimum": 0}, STEPS]},
            {"anyOf": [{"type": "number", "minimum": 1}, STEPS]},
        ),
        ({"type": "boolean"}, {"enum": ["a", "b", True]}),
        ({"type": "number", "enum": ["a", 1]}, {"enum": ["a", 2]}),
        ({"type": "number"}, {"anyOf": [{"type": "number", "enum": [1, 0.5]}, {"type": "string"}]}),
    ],
)
def test_a_union_or_a_list_that_accepts_less_is_found(old, new):
    assert list_rules("request", old, new)
    assert list_rules("response", new, old)
