"""Properties as questions of a form."""

import pytest

from mapping.collections.rules.layers import Property
from mapping.office.rules.questions import WrongAnswerError, make_questions, read_answer, write_answer

CASES = [
    (Property("a", "A"), "words", {"property-a": "words"}),
    (Property("a", "A", "integer"), 1200, {"property-a": "1200"}),
    (Property("a", "A", "number"), 12.5, {"property-a": "12.5"}),
    (Property("a", "A", "boolean"), False, {"property-a": "no"}),
    (Property("a", "A", values=("x", "y")), "x", {"property-a": "x"}),
    (
        Property("a", "A", "date"),
        "2026-03-27",
        {"property-a-day": "27", "property-a-month": "3", "property-a-year": "2026"},
    ),
    (
        Property("a", "A", "date-time"),  # in summer London is an hour ahead
        "2026-07-01T13:30:00+00:00",
        {
            "property-a-day": "1",
            "property-a-month": "7",
            "property-a-year": "2026",
            "property-a-time": "14:30",
        },
    ),
]


def read(schema, boxes):
    [question] = make_questions([schema], {})
    return read_answer(question, lambda name, most: boxes.get(name, "")[: most + 1])


@pytest.mark.parametrize(("schema", "value", "boxes"), CASES)
def test_a_value_is_written_as_boxes_and_read_again(schema, value, boxes):
    [question] = make_questions([schema], {})
    assert write_answer(question, value) == boxes
    assert read(schema, boxes) == value


@pytest.mark.parametrize(
    ("schema", "boxes", "words"),
    [
        (Property("a", "Lids", required=True), {}, "Enter lids"),
        (Property("a", "Lids", "integer"), {"property-a": "many"}, "must be a number, such as 12"),
        (Property("a", "Lids", "integer"), {"property-a": "१२"}, "must be a number"),
        (Property("a", "Lids", "number"), {"property-a": "nan"}, "must be a number"),
        (Property("a", "Lids", values=("x",)), {"property-a": "z"}, "must be one of: x"),
        (Property("a", "Lids", "date"), {"property-a-day": "31", "property-a-month": "2"}, "Enter a day"),
        (
            Property("a", "Lids", "date-time"),
            {
                "property-a-day": "1",
                "property-a-month": "2",
                "property-a-year": "2026",
                "property-a-time": "9pm",
            },
            "by 24 hours",
        ),
    ],
)
def test_a_wrong_answer_says_what_to_enter(schema, boxes, words):
    with pytest.raises(WrongAnswerError, match=words):
        read(schema, boxes)


def test_what_is_optional_says_so_and_a_long_text_gets_lines():
    schema = [Property("a", "A"), Property("b", "B", required=True), Property("c", "C")]
    questions = make_questions(schema, {"a": "x" * 201}, without=["c"])
    assert [(each.label, each.kind) for each in questions] == [("A (optional)", "text"), ("B", "line")]
