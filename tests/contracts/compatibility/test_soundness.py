"""The comparison against values: a change called harmless refuses no value that was valid before."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dev.contracts.compatibility.documents import Document
from dev.contracts.compatibility.schemas import SchemaComparison

pytestmark = pytest.mark.long
PATTERNS = ("^[a-c]{1,3}$", "^[a-b]+$", "^(a|bc)$", "b", "^[^b]*$", "^a?b?c?$")
NAMES = ("a", "b", "type")


def draw_typed(name, **keywords):
    """Draw a schema of one type with some of the keywords."""
    return st.fixed_dictionaries({"type": st.just(name)}, optional=keywords)


small = st.integers(0, 4)
bounds = dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), small)
numbers = st.one_of(
    draw_typed("integer", **bounds, multipleOf=st.sampled_from([1, 2, 3])),
    draw_typed("number", **bounds, multipleOf=st.sampled_from([0.5, 1, 2])),
)
strings = draw_typed(
    "string", minLength=st.integers(0, 2), maxLength=st.integers(1, 4), pattern=st.sampled_from(PATTERNS)
)
value_lists = st.lists(
    st.sampled_from(["a", "b", "abc", 1, 2, 0.5, None, True]), min_size=1, max_size=4, unique=True
)
leaves = st.one_of(
    numbers,
    strings,
    value_lists.map(lambda values: {"enum": values}),
    st.just({"type": ["string", "null"], "maxLength": 2}),
    st.sampled_from([{}, {"type": "boolean"}, {"type": "null"}, {"const": "a"}]),
)


def draw_composed(inner):
    """Draw an object, an array or a union of inner schemas."""
    objects = draw_typed(
        "object",
        properties=st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        required=st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
        additionalProperties=st.one_of(st.booleans(), inner),
        minProperties=st.integers(0, 1),
        maxProperties=st.integers(1, 3),
    )
    arrays = draw_typed(
        "array",
        items=inner,
        prefixItems=st.lists(inner, min_size=1, max_size=2),
        minItems=st.integers(0, 2),
        maxItems=st.integers(1, 3),
        uniqueItems=st.booleans(),
    )
    unions = st.tuples(st.sampled_from(["anyOf", "oneOf", "allOf"]), st.lists(inner, min_size=1, max_size=3))
    return st.one_of(objects, arrays, unions.map(lambda union: {union[0]: union[1]}))


schemas = st.recursive(leaves, draw_composed, max_leaves=5)
SCALARS = (None, True, False, -1, 0, 1, 2, 3, 4, 5, 0.5, 1.5, "", "a", "b", "c", "bc", "abc", "aaaa", "d")
SOME = (None, 0, 2, 0.5, "a", "bc", [], ["b"], {}, {"a": 1}, {"type": "a", "b": None})
VALUES = [
    *SCALARS,
    *([value] for value in (*SCALARS, {}, {"a": "b"}, [1])),
    *([first, second] for first in SOME for second in SOME),
    [1, 2, 3, 4],
    {},
    *({name: value} for name in NAMES for value in (*SCALARS, {}, {"a": "b"}, [1])),
    *({"a": first, "b": second} for first in SOME for second in SOME),
    *({"a": first, "b": first, "type": second} for first in SOME for second in SOME),
]


@st.composite
def draw_changed(draw, schema):
    """Draw the schema with one part of it drawn anew, or another schema altogether."""
    if not isinstance(schema, dict) or not schema or draw(st.integers(0, 5)) == 0:
        return draw(schemas)
    keyword = draw(st.sampled_from(sorted(schema)))
    return {**schema, keyword: draw(draw_changed_value(keyword, schema[keyword]))}


def draw_changed_value(keyword, value):
    if keyword == "properties" and value:
        return st.sampled_from(sorted(value)).flatmap(
            lambda name: draw_changed(value[name]).map(lambda changed: {**value, name: changed})
        )
    if keyword in {"anyOf", "oneOf", "allOf", "prefixItems"}:
        return st.integers(0, len(value) - 1).flatmap(
            lambda index: draw_changed(value[index]).map(
                lambda changed: [*value[:index], changed, *value[index + 1 :]]
            )
        )
    if keyword in {"items", "additionalProperties"}:
        return draw_changed(value)
    if keyword == "enum":
        return value_lists
    if isinstance(value, int | float) and not isinstance(value, bool):
        return small.filter(lambda number: number > 0)
    return st.just(value)


pairs = schemas.flatmap(lambda schema: st.tuples(st.just(schema), draw_changed(schema)))


def close_objects(schema):
    """Refuse unnamed fields in every object that says nothing of them: nobody was promised them."""
    if isinstance(schema, list):
        return [close_objects(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {keyword: close_inner(keyword, value) for keyword, value in schema.items()}
    if closed.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


def close_inner(keyword, value):
    if keyword in {"enum", "const"}:
        return value
    if keyword == "properties":
        return {name: close_objects(schema) for name, schema in value.items()}
    return close_objects(value)


def list_refused(direction, old, new, sender, receiver):
    """List values the sender may send and the receiver refuses, if the change is called harmless."""
    assume(not SchemaComparison(Document(old), Document(new), direction).compare(old, new))
    sendable, promised, accepted = (
        Draft202012Validator(schema) for schema in (sender, close_objects(sender), receiver)
    )
    return [
        value
        for value in VALUES
        if not accepted.is_valid(value) and sendable.is_valid(value) and promised.is_valid(value)
    ]


full_length = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@full_length
@given(pairs)
def test_a_harmless_change_refuses_nothing_that_was_accepted(pair):
    old, new = pair
    assert list_refused("request", old, new, sender=old, receiver=new) == [], f"{old} -> {new}"


@full_length
@given(pairs)
def test_a_harmless_change_answers_nothing_that_was_not_promised(pair):
    old, new = pair
    assert list_refused("response", old, new, sender=new, receiver=old) == [], f"{old} -> {new}"
