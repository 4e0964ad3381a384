"""What forms of features say: values and shapes read, with errors in the form, and written."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from chassis.problems import Problem
from chassis.web import Form
from mapping.collections.rules.layers import Layer
from mapping.loading.schemas import LoadOptions, LoadPublication
from mapping.office.routes.access import SANDBOX
from mapping.office.rules import load_forms
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


def read_options(form: Form) -> LoadOptions | None:
    """Read what a form says of its file; None, with errors in the form, if that is wrong."""
    try:
        return LoadOptions.model_validate(load_forms.read_options(form.get))
    except WrongAnswerError as error:
        form.error("effective_from-day", "%(text)s", text=str(error))
    except ValidationError as error:
        for fault in error.errors():
            form.error(str(fault["loc"][0]), "Choose from what the page offers")
    return None


def read_publication(form: Form, reason: str) -> LoadPublication | None:
    """Read what somebody publishes a load with; None, with errors in the form, if that is wrong."""
    values: Mapping[str, Any] = {
        "reason": reason,
        "vintage": form.get("vintage") or None,
        "accept": form.all("accept"),
    }
    try:
        return LoadPublication.model_validate(values)
    except ValidationError as error:
        for fault in error.errors():
            name = str(fault["loc"][0])
            form.error(name, "%(text)s", text=load_forms.explain(name, fault["msg"]))
        return None


def add_load_problem(form: Form, problem: Problem) -> None:
    """Say in the form why a load is not published or discarded. Raises the problem if it is another."""
    if problem.status_code == 412:  # noqa: PLR2004 - somebody acted on it meanwhile
        form.error("", "Somebody acted on this load meanwhile. Look at it again, then decide")
    elif problem.code == "consent-needed":
        form.error("accept", "%(text)s", text="Agree to what the page lists, or discard the load")
    elif problem.status_code == 409 or problem.code == SANDBOX:  # noqa: PLR2004 - it is in another state
        form.error("", "%(text)s", text=str(problem.detail))
    else:
        raise problem
