"""How forms of the office ask for a case's fields, and how their answers are read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.model.rules.case_type import Action, CaseType
from casework.office.rules.questions import (
    Question,
    WrongAnswerError,
    make_question,
    read_answer,
    read_moment,
    write_answer,
)
from chassis import ids
from chassis.problems import Problem
from chassis.web import Form, form_body

EFFECTIVE = "effective"
_MOST = 4_000  # characters of an answer
_BODY = 262_144  # bytes: several long answers
_REFUSED, _STALE = 409, 412


def answers_body(*required: str, **lengths: int) -> dict[str, Any]:
    """Make the ``openapi_extra`` of a route whose form has a case type's fields, ``field-...``, too."""
    body = form_body(*required, **lengths)
    return body | {"x-limits": {"body": _BODY}}


def list_questions(case_type: CaseType, action: Action) -> list[Question]:
    """List what an action asks for; needed is what each state that it may lead to needs."""
    needs = [set(case_type.states[target.state].needs) for target in action.targets]
    needed = set.intersection(*needs) if needs else set()
    return [
        make_question(case_type.fields[name], is_needed=name in needed and name in action.asks)
        for name in action.asks
    ]


def fill_form(questions: Sequence[Question], values: Mapping[str, Any], **others: str) -> Form:
    """Fill a form with the values that the case has."""
    filled: dict[str, str] = dict(others)
    for question in questions:
        filled |= write_answer(question, values.get(question.field))
    return Form(filled)


def read_fields(
    form: Form, case_type: CaseType, questions: Sequence[Question], present: Mapping[str, Any]
) -> dict[str, Any]:
    """Read the answers that differ from what the case has; those that cannot be used are errors in the form.

    An answer that was taken away is None.
    """
    fields: dict[str, Any] = {}
    for question in questions:
        field = case_type.fields[question.field]
        try:
            value = read_answer(field, question, lambda name: form.get(name, _MOST), form.all(question.name))
        except WrongAnswerError as error:
            form.error(find_box(question), "%(text)s", text=str(error))
            continue
        if value != present.get(question.field):
            fields[question.field] = value
    return fields


def find_box(question: Question) -> str:
    """Find the first box of a question, to which an error leads."""
    return f"{question.name}-day" if question.kind in {"date", "date-time"} else question.name


def read_submission(form: Form) -> UUID | None:
    """Read the id that a form was given when its page was made; an error in the form if it has none."""
    try:
        return ids.read(form.get("submission", 26))
    except ValueError:
        form.error("", "Load the page again and send the form once more")
        return None


def read_effective(form: Form, now: datetime) -> datetime | None:
    """Read when something happened, if that was earlier; an error in the form if it lies ahead."""
    try:
        moment = read_moment(lambda name: form.get(name, 20), EFFECTIVE)
    except WrongAnswerError as error:
        form.error(f"{EFFECTIVE}-day", "%(text)s", text=str(error))
        return None
    if moment is not None and moment > now:
        if form.get(f"{EFFECTIVE}-time") or moment.date() != now.date():
            form.error(f"{EFFECTIVE}-day", "This lies in the future. Enter when it happened")
        return None  # this day, whose noon is still to come: now
    return moment


def add_problem(form: Form, problem: Problem, questions: Sequence[Question]) -> None:
    """Say in the form why its act is refused. Raises the problem if the form is not what is wrong."""
    if problem.status_code not in {_REFUSED, 422}:
        raise problem
    boxes = {question.field: find_box(question) for question in questions}
    others = []
    for reason in problem.extra.get("reasons", ()):
        field = _name_field(reason["rule"])
        if field in boxes:
            detail = "" if reason["detail"] == field else f" {reason['detail']}"
            form.error(boxes[field], "%(text)s", text=f"{reason['en']}{detail}")
        else:
            others.append(reason["en"])
    if form.ok or others:
        text = problem.errors[0].message if problem.errors else problem.detail
        form.error("", "%(text)s", text=" ".join(others) or text)


def _name_field(rule: str) -> str:
    """Name the field that a rule is about: ``fields.plate``, ``states.open.needs.plate``."""
    section, _, rest = rule.partition(".")
    return rest if section == "fields" else rest.rpartition(".")[2] if ".needs." in rule else ""


def is_stale(problem: Problem) -> bool:
    """Tell whether somebody changed the case meanwhile."""
    return problem.status_code == _STALE
