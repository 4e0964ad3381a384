"""A property of a layer as a question of a form, and its answer. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from mapping.collections.rules.layers import Property
from mapping.collections.rules.values import MAX_TEXT, check_value

PREFIX = "property-"
LONDON = ZoneInfo("Europe/London")
_LINE = 200  # characters of a text that fits a line
_MOST_RADIOS = 6


class WrongAnswerError(ValueError):
    """An answer that cannot be used; its text says what to do."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a form. ``kind`` names its component; ``name`` is its field's in the form."""

    schema: Property
    name: str
    kind: str
    options: Sequence[tuple[str, str]] = ()  # value and text

    @property
    def label(self) -> str:
        """Return the words of the question."""
        return self.schema.title if self.schema.required else f"{self.schema.title} (optional)"

    @property
    def box(self) -> str:
        """Return the id of the element that an error leads to."""
        return f"{self.name}-day" if self.kind in {"date", "date-time"} else self.name


def make_questions(
    properties: Sequence[Property], values: Mapping[str, Any], without: Sequence[str] = ()
) -> list[Question]:
    """Make the questions of properties, in the schema's order. Long texts get a box of several lines."""
    return [_make(each, values.get(each.name)) for each in properties if each.name not in without]


def _make(each: Property, value: Any) -> Question:
    options = [(text, text) for text in each.values]
    kind = each.type
    if options:
        return Question(each, f"{PREFIX}{each.name}", _choose(len(options)), options)
    if kind == "boolean":
        return Question(each, f"{PREFIX}{each.name}", "choice", [("yes", "Yes"), ("no", "No")])
    if kind == "string":
        is_long = isinstance(value, str) and len(value) > _LINE
        return Question(each, f"{PREFIX}{each.name}", "text" if is_long else "line")
    return Question(each, f"{PREFIX}{each.name}", "number" if kind in {"integer", "number"} else kind)


def _choose(count: int) -> str:
    return "choice" if count <= _MOST_RADIOS else "select"


def read_answer(question: Question, get: Callable[[str, int], str]) -> Any:
    """Read the answer of a form; None if nothing was answered. Raises WrongAnswerError.

    ``get`` gives the value of a field, cut at a length.
    """
    value = _parse(question, get)
    if value is None:
        if question.schema.required:
            raise WrongAnswerError(f"Enter {question.schema.title.lower()}")
        return None
    try:
        return check_value(question.schema, value)
    except ValueError as error:
        raise WrongAnswerError(f"{question.schema.title} {error}") from error


def _parse(question: Question, get: Callable[[str, int], str]) -> Any:
    kind = question.schema.type
    if kind == "date":
        day = read_day(question.name, get)
        return None if day is None else day.isoformat()
    if kind == "date-time":
        return _read_moment(question.name, get)
    text = get(question.name, MAX_TEXT)
    if not text:
        return None
    if kind == "boolean":
        return text == "yes"
    return _read_number(question, text) if kind in {"integer", "number"} else text


def _read_number(question: Question, text: str) -> float:
    compact = text.replace(",", "").replace(" ", "")
    try:
        if not compact.isascii() or len(compact) > 30:  # noqa: PLR2004 - no number of ours is longer
            raise ValueError(compact)
        return int(compact) if question.schema.type == "integer" else float(compact)
    except ValueError:
        example = "12" if question.schema.type == "integer" else "12.5"
        raise WrongAnswerError(f"{question.schema.title} must be a number, such as {example}") from None


def read_day(name: str, get: Callable[[str, int], str]) -> date | None:
    """Read a day of three fields; None if none is filled in. Raises WrongAnswerError."""
    parts = [get(f"{name}-{part}", 4) for part in ("day", "month", "year")]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts if part.isascii() and part.isdecimal())
        return date(year, month, day)
    except ValueError:
        raise WrongAnswerError("Enter a day, such as 27 3 2026") from None


def _read_moment(name: str, get: Callable[[str, int], str]) -> str | None:
    """Read a day and an hour of the United Kingdom; an hour that is left out is midnight."""
    day, hour = read_day(name, get), get(f"{name}-time", 5)
    if day is None:
        return None
    try:
        local = datetime.combine(day, time.fromisoformat(hour) if hour else time(), LONDON)
    except ValueError:
        raise WrongAnswerError("Enter the time by 24 hours, such as 14:30") from None
    return local.astimezone(UTC).isoformat()


def write_answer(question: Question, value: Any) -> dict[str, str]:
    """Write a value as the form has it, by the names of its boxes."""
    if value is None:
        return {}
    if question.kind in {"date", "date-time"} and isinstance(value, str):
        return _write_day(question, value)
    if isinstance(value, bool):
        return {question.name: "yes" if value else "no"}
    return {question.name: str(value)}


def _write_day(question: Question, value: str) -> dict[str, str]:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:  # loaded before the schema said so
        return {}
    local = moment.astimezone(LONDON) if moment.tzinfo else moment
    parts = {"day": str(local.day), "month": str(local.month), "year": str(local.year)}
    if question.kind == "date-time":
        parts["time"] = f"{local:%H:%M}"
    return {f"{question.name}-{part}": text for part, text in parts.items()}
