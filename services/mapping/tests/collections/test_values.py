"""Properties against the schema of their layer, and merge patches on them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.collections.rules.layers import Property
from mapping.collections.rules.values import check_values, merge_patch, patch_values, replace_values

SCHEMA = (
    Property("ref", "Reference", required=True),
    Property("lids", "Lids", "integer"),
    Property("litres", "Litres", "number"),
    Property("full", "Full", "boolean"),
    Property("placed", "Placed", "date"),
    Property("seen", "Seen", "date-time"),
    Property("colour", "Colour", values=("green", "yellow")),
    Property("contact", "Contact", audience="staff"),
)
PUBLIC = tuple(each for each in SCHEMA if each.audience == "public")


# RFC 7396, appendix A, as far as the target is an object.
@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_standards_examples_say(target, patch, merged):
    assert merge_patch(target, patch) == merged


def test_values_are_kept_in_the_schemas_order_and_in_one_form():
    values = {
        "seen": "2026-04-27t09:30:00z",
        "placed": "2026-04-27",
        "lids": 2.0,
        "litres": 200,
        "full": False,
        "ref": "GB-1",
        "colour": None,
    }
    checked, faults = check_values(PUBLIC, values)
    assert not faults
    assert list(checked) == ["ref", "lids", "litres", "full", "placed", "seen"]
    assert checked["seen"] == "2026-04-27T09:30:00+00:00"
    assert type(checked["lids"]) is int


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("ref", None, "missing"),
        ("ref", "", "missing"),
        ("ref", 7, "not_text"),
        ("ref", "x" * 10_001, "too_long"),
        ("ref", "a\x00b", "not_storable"),
        ("ref", "a\ud800b", "not_storable"),
        ("lids", True, "not_whole"),
        ("lids", "2", "not_whole"),
        ("lids", 2.5, "not_whole"),
        ("lids", float("nan"), "not_whole"),
        ("lids", 2**53, "too_large"),
        ("litres", float("inf"), "not_a_number"),
        ("litres", False, "not_a_number"),
        ("litres", [1], "not_a_number"),
        ("full", "true", "not_boolean"),
        ("placed", "2026-02-30", "not_a_date"),
        ("placed", "27/04/2026", "not_a_date"),
        ("placed", "0000-01-01", "not_a_date"),
        ("seen", "2026-04-27T09:30:00", "not_a_moment"),
        ("seen", "2026-04-27T25:30:00Z", "not_a_moment"),
        ("colour", "blue", "not_allowed"),
        ("contact", "07700 900123", "unknown_property"),
        ("nobody", 1, "unknown_property"),
    ],
)
def test_a_wrong_value_is_named_and_so_is_what_it_should_be(name, value, code):
    _, faults = check_values(PUBLIC, {"ref": "GB-1", name: value})
    assert [(fault.field, fault.code) for fault in faults] == [(name, code)]
    assert all(fault.message for fault in faults)


def test_a_replacement_leaves_what_its_writer_may_not_see():
    before = {"ref": "GB-1", "lids": 1, "contact": "07700 900123"}
    assert replace_values(SCHEMA, PUBLIC, before, {"ref": "GB-1"}) == (
        {"ref": "GB-1", "contact": "07700 900123"},
        [],
    )
    assert replace_values(SCHEMA, SCHEMA, before, {"ref": "GB-1"})[0] == {"ref": "GB-1"}


def test_a_patch_changes_what_it_names_and_nothing_else():
    before = {"ref": "GB-1", "lids": 1, "litres": "unreadable, from a file", "contact": "07700 900123"}
    patched, faults = patch_values(SCHEMA, PUBLIC, before, {"lids": None, "colour": "green"})
    assert not faults
    assert patched == {**{name: before[name] for name in ("ref", "litres", "contact")}, "colour": "green"}
    _, faults = patch_values(SCHEMA, PUBLIC, before, {"ref": None, "contact": None, "lids": {"a": 1}})
    assert sorted((fault.field, fault.code) for fault in faults) == [
        ("contact", "unknown_property"),
        ("lids", "not_whole"),
        ("ref", "missing"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([each.name for each in SCHEMA]) | st.text(max_size=5), JSON))
def test_no_value_is_an_error_and_what_is_kept_is_kept_again(values):
    checked, faults = check_values(SCHEMA, values)
    if not faults:
        assert check_values(SCHEMA, checked) == (checked, [])
