"""Schemas compared one by one, where a whole contract would only hide the point."""

import pytest

from dev.contracts.breaking.documents import Document
from dev.contracts.breaking.schemas import Comparison

FIELD = {"type": "string"}
OPEN = {"type": "object", "properties": {"b": FIELD}}
CLOSED = {"type": "object", "properties": {"a": FIELD}, "additionalProperties": False}
BOTH = {"type": "object", "properties": {"a": FIELD, "b": FIELD}, "additionalProperties": False}


def rules(way, old, new):
    return sorted(one.rule for one in Comparison(Document(old), Document(new), way).compare(old, new))


@pytest.mark.parametrize("way", ["in", "out"])
@pytest.mark.parametrize(
    ("one", "two"),
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
def test_the_same_said_in_other_words_breaks_nothing(way, one, two):
    assert rules(way, one, two) == []
    assert rules(way, two, one) == []


@pytest.mark.parametrize("way", ["in", "out"])
def test_a_changed_pattern_is_reported_even_where_it_takes_the_same(way):
    old, new = {"type": "string", "pattern": "^[a-c]$"}, {"type": "string", "pattern": "^(a|b|c)$"}
    assert rules(way, old, new) == ["pattern-changed"]
    assert rules(way, new, old) == ["pattern-changed"]


def test_a_pattern_may_leave_a_request_and_join_an_answer_but_not_the_other_way():
    free, limited = {"type": "string"}, {"type": "string", "pattern": "^[a-c]$"}
    assert rules("in", limited, free) == []
    assert rules("out", free, limited) == []
    assert rules("in", free, limited) == ["pattern-changed"]
    assert rules("out", limited, free) == ["pattern-changed"]


def test_a_closed_part_of_a_whole_is_not_opened_by_the_others():
    # A closed part refuses the field the other part names: {"b": ""} was valid and is not.
    assert "constraint-changed" in rules("in", BOTH, {"allOf": [CLOSED, OPEN]})


def test_a_field_beside_a_map_must_be_as_the_maps_values_were():
    old = {"type": "object", "additionalProperties": {"type": "string"}}
    new = {**old, "properties": {"count": {"type": "integer"}}}
    assert rules("out", old, new) == ["type-widened"]
    assert rules("out", old, {**old, "properties": {"name": FIELD}}) == []


def test_members_of_a_one_of_that_overlap_may_not_change():
    # 4 was a value of one member only; now it is of two, and one-of refuses it.
    old = {"oneOf": [{"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 3}]}
    new = {"oneOf": [{"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 3}]}
    assert rules("in", old, new) == ["variant-removed", "variant-removed"]


def test_a_schema_that_is_nothing_but_itself_is_refused():
    loop = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}
    assert rules("in", loop, {"type": "string"}) == ["constraint-changed"]


def test_a_list_held_to_a_pattern_nobody_can_read_is_kept_as_it_is():
    unreadable = {"type": "string", "pattern": r"^\p{L}$"}
    assert rules("in", {**unreadable, "enum": ["a", "b"]}, {**unreadable, "enum": ["a"]}) == [
        "enum-value-removed"
    ]
    assert rules("in", {"type": "string", "enum": ["a"]}, unreadable) == ["limit-tightened"]


def test_a_reference_to_nowhere_is_an_error():
    with pytest.raises(KeyError):
        rules("in", {"$ref": "#/$defs/Missing"}, {"type": "string"})


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
def test_a_union_or_a_list_that_takes_less_is_found(old, new):
    assert rules("in", old, new)
    assert rules("out", new, old)
