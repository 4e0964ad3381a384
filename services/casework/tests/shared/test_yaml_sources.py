"""YAML of case types: places are kept, and what is hostile is refused with its place."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.shared.faults import CaseTypeError
from casework.shared.yaml_source import read_source


def test_values_are_those_of_yaml_1_2_and_every_place_is_known():
    source = read_source(
        "t.yaml", "on: no\nhour: 07:30\nn: 42\nlist: [a, 'b']\nyes: {deep: true, none: null}\n"
    )
    assert source.content == {
        "on": "no",
        "hour": "07:30",
        "n": 42,
        "list": ["a", "b"],
        "yes": {"deep": True, "none": None},
    }
    assert source.positions[("yes", "deep")] == (5, 7)
    assert source.positions[("list", 1)] == (4, 11)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: &x 2", 2, "anchors and aliases"),
        ("a: 1\nb: *x", 2, "anchors and aliases|not YAML"),
        ("a: !!python/object:os.system id", 1, "tags are not used"),
        ("a: !x {}", 1, "tags are not used"),
        ("a: 1\na: 2", 2, "the key is there twice"),
        ("a: 1\n---\nb: 2", 2, "more than one document"),
        ("a: [1", 1, "it is not YAML"),
        ("a:\n\t- b", 2, "it is not YAML"),
        ("", 1, "it is empty"),
        ("? [a]\n: b", 1, "a key must be a plain word"),
        ("a: " + "[" * 60 + "]" * 60, 1, "more than 9 deep"),
        ("a: " + "{b: " * 60 + "c" + "}" * 60, 1, "more than 9 deep"),
        ("a: " + "x" * 5000, 1, "longer than 4000 characters"),
        ("a: " + "[" * 60_000, 1, "more than 9 deep|not YAML"),
        ("# " + "x" * 300_000, 1, "larger than 256 KiB"),
        ("a: \x07", 1, "it is not YAML"),
    ],
)
def test_what_is_not_accepted_is_refused_with_its_place(text, line, message):
    with pytest.raises(CaseTypeError, match=message) as refusal:
        read_source("t.yaml", text)
    assert refusal.value.faults[0].line in {line, line + 1}


def test_a_bomb_of_aliases_is_refused():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    with pytest.raises(CaseTypeError, match="anchors"):
        read_source("t.yaml", bomb)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300) | st.text(alphabet="ab:-[]{},&*!|>'\"#\n ?%@`", max_size=300))
def test_any_text_is_read_or_refused(text):
    with suppress(CaseTypeError):
        assert () in read_source("t.yaml", text).positions
