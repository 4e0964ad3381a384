"""What forms of features say: values and shapes read, with errors in the form, and written."""

from collections.abc import Mapping, Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry

from chassis.web import Form
from mapping.collections.rules.layers import Layer
from mapping.office.rules.outlines import MAX_LENGTH, OutlineError, read_outline, write_outline
from mapping.office.rules.questions import Question, WrongAnswerError, read_answer, write_answer


def read_values(form: Form, questions: Sequence[Question]) -> dict[str, Any]:
    """Read the answers of a form, by the names of properties; None for what was not answered."""
    values: dict[str, Any] = {}
    for question in questions:
        try:
            values[question.schema.name] = read_answer(question, form.get)
        except WrongAnswerError as error:
            form.error(question.box, "%(text)s", text=str(error))
    return values


def write_values(questions: Sequence[Question], values: Mapping[str, Any]) -> dict[str, str]:
    """Write values as a form has them."""
    boxes: dict[str, str] = {}
    for question in questions:
        boxes |= write_answer(question, values.get(question.schema.name))
    return boxes


def read_shape(form: Form, layer: Layer) -> BaseGeometry | None:
    """Read the shape of a form, in metres of the National Grid; an error in the form if there is none."""
    text = form.get("place", MAX_LENGTH)
    try:
        shape = read_outline(text, layer.geometry_type)
    except OutlineError as error:
        form.error("place", "%(text)s", text=str(error))
        return None
    if shape is None and form.get("no-place", 3) != "yes":
        form.error("place", "Enter where it is, or say that it has no place")
    return shape


def write_shape(geometry: Any, layer: Layer) -> str:
    """Write a shape as a form has it; empty where it is too large to type or draw."""
    text = write_outline(geometry, layer.storage_crs)
    return text if len(text) <= MAX_LENGTH else ""
