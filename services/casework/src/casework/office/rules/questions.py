"""What a form asks: a field of a case type as the component that people fill in, and its answer. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from casework.model.rules.case_type import Field
from casework.office.rules.values import name_value
from casework.shared.days import LONDON, find_local_moment
from casework.shared.field_values import MOST_CHARACTERS, describe_fault

PREFIX = "field-"
_SHORT = 200  # characters that fit a line
_MOST_RADIOS = 8
_HINTS = {
    "uprn": "Its UPRN, 1 to 12 digits",
    "email": "Such as jo@example.org",
    "plate": "Such as AB12 CDE",
    "reference": "Such as HF7K-2P9Q-XBC",
    "date": "For example, 27 3 2026",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a form. ``kind`` names its component; ``name`` is its field's in the form."""

    field: str
    name: str
    label: str
    kind: str
    hint: str = ""
    is_needed: bool = False
    options: Sequence[tuple[str, str]] = ()  # value and text
    most: int = _SHORT


class WrongAnswerError(ValueError):
    """An answer that cannot be used; its text says what to do."""


def make_question(field: Field, *, is_needed: bool) -> Question:
    """Make the question that asks for a field."""
    schema = field.schema
    options = [(value, name_value(value)) for value in _list_options(schema)]
    return Question(
        field=field.id,
        name=f"{PREFIX}{field.id}",
        label=field.label.en,
        kind=_choose_kind(schema, len(options)),
        hint=_HINTS.get(schema.get("format", ""), "One in each line" if schema["type"] == "array" else ""),
        is_needed=is_needed,
        options=options,
        most=schema.get("maxLength", MOST_CHARACTERS),
    )


def _list_options(schema: Mapping[str, Any]) -> Sequence[str]:
    return list(schema.get("enum") or schema.get("items", {}).get("enum", ()))


def _choose_kind(schema: Mapping[str, Any], options: int) -> str:
    match schema["type"]:
        case "boolean":
            return "truth"
        case "integer":
            return "number"
        case "array":
            return "choices" if options else "lines"
    if options:
        return "choice" if options <= _MOST_RADIOS else "select"
    if schema.get("format") in {"date", "date-time", "uprn", "email"}:
        return str(schema["format"])
    return "line" if schema.get("maxLength", _SHORT if "format" in schema else 0) in range(1, 201) else "text"


def read_answer(field: Field, question: Question, get: Callable[[str], str], all_of: Sequence[str]) -> Any:
    """Read the answer of a form; None if nothing was answered. Raises WrongAnswerError.

    ``get`` gives a value by its name in the form; ``all_of`` are those of a question with several.
    """
    value = _parse(question, get, all_of)
    if value is None:
        if question.is_needed:
            raise WrongAnswerError("Answer this question")
        return None
    fault = describe_fault(field.schema, value)
    if fault:
        raise WrongAnswerError(_explain(question, fault))
    return value


def _parse(question: Question, get: Callable[[str], str], all_of: Sequence[str]) -> Any:
    name = question.name
    match question.kind:
        case "choices":
            return list(all_of) or None
        case "lines":
            return [line.strip() for line in get(name).splitlines() if line.strip()] or None
        case "date":
            day = read_day(get, name)
            return day.isoformat() if day else None
        case "date-time":
            moment = read_moment(get, name)
            return moment.isoformat() if moment else None
    return _parse_text(question, get(name))


def _parse_text(question: Question, text: str) -> Any:
    if not text:
        return None
    if question.kind == "truth":
        return text == "yes"
    if question.kind == "number":
        digits = text.replace(",", "").replace(" ", "")
        if not digits.removeprefix("-").isdecimal() or len(digits) > 14:  # noqa: PLR2004 - 10**12 and a sign
            raise WrongAnswerError("Enter a whole number, such as 12")
        return int(digits)
    return text.replace(" ", "") if question.kind == "uprn" else text


def _explain(question: Question, fault: str) -> str:
    if question.options:
        return "Choose one of these"
    return f"{fault[:1].upper()}{fault[1:]}"


def read_day(get: Callable[[str], str], name: str) -> date | None:
    """Read a day from its three boxes; None if all are empty. Raises WrongAnswerError."""
    parts = [get(f"{name}-{part}") for part in ("day", "month", "year")]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts if part.isascii() and part.isdecimal())
        return date(year, month, day)
    except ValueError:
        raise WrongAnswerError("Enter a day, such as 27 3 2026") from None


def read_moment(get: Callable[[str], str], name: str) -> datetime | None:
    """Read a day and an hour of the United Kingdom; None if all is empty. Raises WrongAnswerError.

    A day without an hour is its noon.
    """
    day, hour = read_day(get, name), get(f"{name}-time")
    if day is None:
        if hour:
            raise WrongAnswerError("Enter the day too")
        return None
    return find_local_moment(day, _read_hour(hour) if hour else time(12))


def _read_hour(text: str) -> time:
    hours, _, minutes = text.replace(".", ":").partition(":")
    try:
        if not (hours.isdecimal() and (minutes or "0").isdecimal()):
            raise ValueError(text)
        return time(int(hours), int(minutes or "0"))
    except ValueError:
        raise WrongAnswerError("Enter the time by 24 hours, such as 14:30") from None


def write_answer(question: Question, value: Any) -> Mapping[str, str]:
    """Write a value as the form has it, by the names of its boxes."""
    name = question.name
    if value is None:
        return {}
    if question.kind == "date":
        return _write_day(name, date.fromisoformat(value))
    if question.kind == "date-time":
        local = datetime.fromisoformat(value).astimezone(LONDON)
        return {**_write_day(name, local.date()), f"{name}-time": f"{local:%H:%M}"}
    if isinstance(value, bool):
        return {name: "yes" if value else "no"}
    if isinstance(value, list):
        return {name: "\n".join(map(str, value))}
    return {name: str(value)}


def _write_day(name: str, day: date) -> Mapping[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}
