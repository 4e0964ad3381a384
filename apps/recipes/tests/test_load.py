"""Files are YAML 1.2 with the line of everything, and what section 2 of the language refuses is refused."""

import pytest

from apps.recipes.load.faults import RecipeError
from apps.recipes.load.lines import count_lines
from apps.recipes.load.yaml_source import read_source


def test_values_are_what_they_look_like():
    source = read_source(
        "a.yaml", 'a: {on: no, time: 07:30, ask: Which bin?, price: £50.00, n: 2, t: true, v: "1.0"}'
    )
    assert source.content["a"] == {
        "on": "no", "time": "07:30", "ask": "Which bin?", "price": "£50.00", "n": 2, "t": True, "v": "1.0",
    }  # fmt: skip


def test_each_path_has_its_line_and_column():
    source = read_source("a.yaml", "one: 1\n\nask:\n  bins: {is: number,\n    max: 3}\n")
    assert source.positions["ask", "bins", "max"] == (5, 5)
    assert source.values["ask", "bins", "max"] == (5, 10)
    assert str(source.make_fault(("ask", "bins", "max"), "No.", "Yes.")) == "a.yaml:5 ask.bins.max: No. Yes."


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: &x 1\nb: *x", 1, "anchors"),
        ("a: !!str 1", 1, "tags"),
        ("a: 1\nb: 2\na: 3", 3, "twice"),
        ("a:\n\tb: 1", 2, "tab"),
        (f"a: 1\nb: {'x' * 120}", 2, "columns"),
        ("a: {b: {c: {d: {e: 1}}}}", 1, "levels"),
        ("a: 1\n---\nb: 2", 3, "more than one document"),
        ("a: [1, 2", 1, "not YAML"),
        ("a:\nb: 1", 1, "no value"),
        ("", 1, "empty"),
        ("? {a: 1}\n: 2", 1, "plain word"),
        ("a: \x00", 1, "not YAML"),
    ],
)
def test_what_is_refused_is_refused_with_its_line(text, line, reason):
    with pytest.raises(RecipeError) as refusal:
        read_source("a.yaml", text)
    assert refusal.value.faults[0].line == line
    assert reason in refusal.value.faults[0].reason


def test_braces_in_words_and_comments_are_no_levels():
    assert read_source("a.yaml", 'a: {b: {c: "{{{{"}} # {{{{').content == {"a": {"b": {"c": "{{{{"}}}


def test_lines_count_without_blank_ones_and_comments():
    assert count_lines("# a\n\na: 1\n  # b\nb: 2\n") == 2


def test_recipes_are_short(folder):
    for service in folder.list_services():
        text = folder.read_parent(service).text
        assert count_lines(text) <= (50 if "\ndecide:" in text else 40), service
    for council in folder.list_councils():
        for service in folder.list_services(council):
            assert count_lines(folder.read_child(council, service)[1]) <= 10, (council, service)
