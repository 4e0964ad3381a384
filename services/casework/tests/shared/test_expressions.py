"""Expressions: typed against declared names, and whatever is written in them the process lives."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.shared.expressions import Compiler, ExpressionError

NAMES = {
    "field.colour": "text",
    "field.count": "integer",
    "field.tags": "texts",
    "known.count": "truth",
    "today": "text",
    "clock.answer.due": "text",
}
COMPILER = Compiler(NAMES)


@pytest.mark.parametrize(
    ("text", "values", "outcome"),
    [
        ("field.colour == 'red' && field.count > 2", {"field.colour": "red", "field.count": 3}, True),
        ("today <= clock.answer.due", {"today": "2026-04-01", "clock.answer.due": "2026-03-31"}, False),
        ("field.tags.exists(tag, tag == 'a')", {"field.tags": ["b", "a"]}, True),
        ("!known.count || field.count > 2", {"known.count": False}, True),
        ("field.count > 2 || !known.count", {"known.count": False}, True),
        ("size(field.tags) == 0", {"field.tags": []}, True),
    ],
)
def test_expressions_read_the_case(text, values, outcome):
    expression = COMPILER.compile(text)
    assert expression.evaluate(values).value is outcome
    assert set(expression.names) >= set(values)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("field.color == 'red'", "undeclared reference to 'field.color'"),
        ("os.system('id') == 0", "there is no function system"),
        ("field.colour.matches('(a+)+$')", "there is no function matches"),
        ("field.tags.map(x, x) == field.tags", "there is no function map"),
        ("field.tags.all(x, x == 'a')", "there is no function all"),
        ("timestamp(today) == timestamp(today)", "there is no function timestamp"),
        ("dyn(field.count) == 'a'", "there is no function dyn"),
        ("type(1) == int", "there is no function type"),
        ("{'a': 1}['a'] == 1", "it makes a map or a message"),
        ("google.protobuf.Any{} == 1", "it makes a map or a message"),
        ("field.count == 'a'", "no matching overload"),
        ("field.count", "it is int, and truth is needed"),
        ("1 +", "Syntax error"),
        ("", "Syntax error"),
        ("field.colour == 'a\x00b'", "cannot be seen"),
        ("field.colour == 'a\nb'", "cannot be seen"),
        ("true || " * 24 + "true", "parts; at most 40"),
        ("true" + " " * 200, "characters; at most 200"),
        ("(" * 90 + "true" + ")" * 90, "recursion"),
    ],
)
def test_what_is_not_allowed_is_refused_when_it_is_compiled(text, why):
    with pytest.raises(ExpressionError, match=why):
        COMPILER.compile(text)


def test_a_refusal_names_the_column():
    with pytest.raises(ExpressionError) as refusal:
        COMPILER.compile("known.count && field.color == 'red'")
    assert refusal.value.column == 21


@pytest.mark.parametrize(
    ("text", "values", "why"),
    [
        ("field.count > 2", {}, "field.count"),
        ("field.count > 2", {"field.count": "3"}, "Unexpected value type"),
        ("field.count > 2", {"field.count": None}, "Unexpected value type"),
        ("1 / field.count > 2", {"field.count": 0}, "divide by zero"),
        ("field.count * field.count > 2", {"field.count": 2**62}, "overflow"),
        ("field.tags[7] == 'a'", {"field.tags": ["a"]}, "Index error"),
    ],
)
def test_what_cannot_be_evaluated_has_a_reason_and_raises_nothing(text, values, why):
    outcome = COMPILER.compile(text).evaluate(values)
    assert outcome.value is None
    assert why in outcome.error


def test_nested_loops_end_by_the_budget_of_iterations():
    text = "field.tags.exists(a, field.tags.exists(b, field.tags.exists(c, a + b + c == 'x')))"
    expression = COMPILER.compile(text)
    start = time.process_time()
    outcome = expression.evaluate({"field.tags": [str(number) for number in range(100)]})
    assert "budget" in outcome.error
    assert time.process_time() - start < 0.5


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=250) | st.text(alphabet="()!&|<>=+-*/[]{}.?:,'\"abfieldcount 01", max_size=250))
def test_any_text_is_compiled_or_refused(text):
    try:
        expression = COMPILER.compile(text)
    except ExpressionError:
        return
    assert expression.evaluate({"field.count": 1, "field.tags": ["a"]}).value in {True, False, None}
