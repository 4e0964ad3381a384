"""Checks an answer against its kind and the question's bounds; reads answers out of forms."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from apps.recipes.bundle import Question, Text
from apps.recipes.kinds.messages import ERRORS

_PLATE = re.compile(r"[A-Z0-9]{2,8}")
_UPRN = re.compile(r"[0-9]{1,12}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
_PHONE = re.compile(r"[+0-9 ()-]{7,20}")
_DAYS = re.compile(r"([0-9]{1,3}) days?")
_LENGTHS = {"text": 200, "name": 200, "long_text": 4000, "slot": 200, "choice": 200}
MOST_FILES = 10
_LINES = 4


@dataclass(frozen=True, slots=True)
class AnswerError:
    """What is wrong with an answer: the code, and the message with its bound filled in."""

    code: str
    message: Text


def check_answer(
    question: Question, answer: Any, today: date, options: Collection[str] | None = None
) -> AnswerError | None:
    """Check an answer; None if it is right.

    ``options`` are those of a fact, where the question takes them from it.
    """
    if answer is None or answer in ("", [], {}):
        return None if question.optional else _error(question, "empty")
    if not _SHAPES[question.kind](answer):
        return _error(question, "wrong")
    allowed = options if question.options_from else [option.value for option in question.options]
    if question.kind in {"choice", "choices"} and allowed is not None:
        chosen = answer if isinstance(answer, list) else [answer]
        if not set(chosen) <= set(allowed):
            return _error(question, "wrong")
    return next(_check_bounds(question, answer, today), None)


def _error(question: Question, code: str, bound: object = "") -> AnswerError:
    text = ERRORS[f"{question.kind}.{code}"]
    filled = (words.replace(f"(({code}))", str(bound)) for words in (text.en, text.cy))
    return AnswerError(f"{question.kind}.{code}", Text(*filled))


def _check_bounds(question: Question, answer: Any, today: date) -> Iterator[AnswerError]:
    for name, bound in question.bounds.items():
        match name:
            case "min" if answer < bound:
                yield _error(question, "min", _show(question.kind, bound))
            case "max" if answer > bound:
                yield _error(question, "max", _show(question.kind, bound))
            case "most" if len(answer) > int(bound):
                yield _error(question, "most", bound)
            case "from" if date.fromisoformat(answer) < (day := read_day(str(bound), today)):
                yield _error(question, "from", _show_day(day))
            case "to" if date.fromisoformat(answer) > (day := read_day(str(bound), today)):
                yield _error(question, "to", _show_day(day))


def _show(kind: str, bound: int | str) -> str:
    return f"£{int(bound) / 100:.2f}" if kind == "money" else str(bound)


def _show_day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


def read_day(text: str, today: date) -> date:
    """Read a bound of a date: ``today``, ``30 days`` from today, or a day."""
    if text == "today":
        return today
    match = _DAYS.fullmatch(text)
    return today + timedelta(int(match.group(1))) if match else date.fromisoformat(text)


def _is_text(most: int) -> Callable[[Any], bool]:
    return lambda answer: isinstance(answer, str) and len(answer) <= most


def _is_address(answer: Any) -> bool:
    if not isinstance(answer, Mapping):
        return isinstance(answer, str) and bool(_UPRN.fullmatch(answer))
    if "uprn" in answer:
        return bool(_UPRN.fullmatch(str(answer["uprn"])))
    lines = answer.get("lines")
    return isinstance(lines, list) and 0 < len(lines) <= _LINES and bool(answer.get("postcode"))


def _is_place(answer: Any) -> bool:
    if not isinstance(answer, Mapping):
        return False
    lat, long = answer.get("lat"), answer.get("long")
    if isinstance(lat, int | float) and isinstance(long, int | float):
        return 49 <= lat <= 61 and -9 <= long <= 2  # noqa: PLR2004 the box of the United Kingdom, in degrees
    return bool(answer.get("description"))


def _is_contact(answer: Any) -> bool:
    if not isinstance(answer, Mapping) or not answer.keys() <= {"email", "phone", "post"}:
        return False
    email, phone = answer.get("email"), answer.get("phone")
    return (email is None or bool(_EMAIL.fullmatch(str(email)))) and (
        phone is None or bool(_PHONE.fullmatch(str(phone)))
    )


def _is_date(answer: Any) -> bool:
    try:
        date.fromisoformat(answer)
    except (TypeError, ValueError):
        return False
    return len(answer) == len("2027-03-27")


def _is_list(answer: Any) -> bool:
    return (
        isinstance(answer, list)
        and all(isinstance(part, str) for part in answer)
        and len(answer) <= MOST_FILES
    )


def _is_whole(answer: Any) -> bool:
    return isinstance(answer, int) and not isinstance(answer, bool) and abs(answer) < 10**12


_SHAPES: dict[str, Callable[[Any], bool]] = {
    **{kind: _is_text(most) for kind, most in _LENGTHS.items()},
    "address": _is_address,
    "place": _is_place,
    "choices": _is_list,
    "files": _is_list,
    "yes_no": lambda answer: isinstance(answer, bool),
    "declaration": lambda answer: answer is True,
    "number": _is_whole,
    "money": _is_whole,
    "date": _is_date,
    "contact": _is_contact,
    "plate": lambda answer: isinstance(answer, str) and bool(_PLATE.fullmatch(answer)),
}
