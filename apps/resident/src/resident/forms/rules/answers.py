"""Reads answers out of submitted fields, by the kind of question, and writes them back into fields. Pure.

What cannot be read is given as it was typed: ``apps.recipes.kinds.answers.check_answer`` then says what is
wrong, in the kind's words.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from apps.recipes.bundle import Question
from chassis.types import normalise_postcode

MOST = 4_000  # characters of the longest answer
YES, NO = "yes", "no"
BY_POST, IN_PERSON = "post", "in_person"
"""Instead of a file: how somebody shows it who cannot upload."""
WAYS_OF_CONTACT = ("email", "phone", "post")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NUMBER = re.compile(r"-?[0-9]{1,12}")


class Fields(Protocol):
    """Submitted fields by name."""

    def get(self, name: str, most: int = 200) -> str:
        """Return a field's text without blanks around it, or an empty one."""

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""


def read_answer(question: Question, fields: Fields) -> Any:
    """Read an answer; None if nothing was answered."""
    answer = _READERS[question.kind](question, fields)
    return None if answer in ("", [], {}) else answer


def write_fields(question: Question, answer: Any) -> Mapping[str, str]:
    """Write an answer into the fields of its page. Several choices are not fields of one value each."""
    if answer is None or isinstance(answer, list):
        return {}
    if isinstance(answer, Mapping):
        return _write_parts(question, answer)
    if isinstance(answer, bool):
        return {"answer": YES if answer else NO}
    if question.kind == "date":
        year, month, day = str(answer).split("-")
        return {"day": str(int(day)), "month": str(int(month)), "year": year}
    if question.kind == "money":
        return {"answer": write_pounds(answer)}
    return {"answer": str(answer)}


def write_pounds(pence: int) -> str:
    """Write pence as people type them: ``12.50``, ``12``."""
    pounds, rest = divmod(pence, 100)
    return f"{pounds}.{rest:02}" if rest else str(pounds)


def first_field(question: Question) -> str:
    """Name the first field of a question's page, to which an error leads."""
    return {"date": "day", "contact": "way", "address": "postcode", "place": "description"}.get(
        question.kind, "answer"
    )


def _write_parts(question: Question, answer: Mapping[str, Any]) -> Mapping[str, str]:
    if question.kind == "contact":
        way = next((name for name in WAYS_OF_CONTACT if answer.get(name)), "")
        return {"way": way, way: str(answer.get(way, ""))}
    if question.kind == "address":
        lines = [*answer.get("lines", ()), "", "", ""]
        boxes = dict(zip(("line_1", "line_2", "town"), lines, strict=False))
        if len(answer.get("lines", ())) == 2:  # noqa: PLR2004 a line and the town
            boxes |= {"line_2": "", "town": lines[1]}
        return {**boxes, "postcode": answer.get("postcode", ""), "uprn": answer.get("uprn", "")}
    return {name: str(value) for name, value in answer.items()}


def _read_line(_: Question, fields: Fields) -> Any:
    return _clean(fields.get("answer", MOST))


def _read_text(_: Question, fields: Fields) -> Any:
    text = fields.get("answer", MOST).replace("\r\n", "\n")
    return _CONTROL.sub(" ", text)


def _read_many(_: Question, fields: Fields) -> Any:
    return list(dict.fromkeys(fields.all("answer")))


def _read_files(_: Question, fields: Fields) -> Any:
    """Read how somebody shows it who sends no file."""
    return [way for way in (BY_POST, IN_PERSON) if way in fields.all("answer")]


def _read_truth(_: Question, fields: Fields) -> Any:
    text = fields.get("answer")
    return {YES: True, NO: False}.get(text, text)


def _read_declaration(_: Question, fields: Fields) -> Any:
    return True if fields.get("answer") == YES else None


def _read_number(_: Question, fields: Fields) -> Any:
    text = fields.get("answer").replace(",", "").replace(" ", "")
    return int(text) if text.isascii() and _NUMBER.fullmatch(text) else text


def _read_money(_: Question, fields: Fields) -> Any:
    """Read pounds as pence."""
    text = fields.get("answer").replace(",", "").replace(" ", "").removeprefix("£")
    try:
        pence = Decimal(text) * 100 if re.fullmatch(r"-?[0-9]{1,10}(\.[0-9]{1,2})?", text) else None
    except InvalidOperation:
        pence = None
    return text if pence is None else int(pence)


def _read_date(_: Question, fields: Fields) -> Any:
    parts = [fields.get(name, 10) for name in ("day", "month", "year")]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts if part.isascii() and part.isdecimal())
        return date(year, month, day).isoformat() if year > 999 else "wrong"  # noqa: PLR2004 four digits
    except ValueError:
        return "wrong"


def _read_plate(_: Question, fields: Fields) -> Any:
    return re.sub(r"[\s-]", "", fields.get("answer")).upper()


def _read_contact(_: Question, fields: Fields) -> Any:
    way = fields.get("way")
    if way == "post":
        return {"post": True}
    return {way: _clean(fields.get(way, 254))} if way in WAYS_OF_CONTACT else None


def _read_address(_: Question, fields: Fields) -> Any:
    """Read an address that was entered by hand; the page has the list that others are chosen from."""
    lines = [_clean(fields.get(name)) for name in ("line_1", "line_2", "town")]
    text = fields.get("postcode", 20)
    filled = [line for line in lines if line]
    return {"lines": filled, "postcode": read_postcode(text)} if filled or text else None


def _read_place(_: Question, fields: Fields) -> Any:
    lat, long = fields.get("lat", 20), fields.get("long", 20)
    place: dict[str, Any] = {}
    if lat or long:
        try:
            place = {"lat": float(lat), "long": float(long)}
        except ValueError:
            return {"lat": lat, "long": long}
    if description := _CONTROL.sub(" ", fields.get("description", 500)):
        place["description"] = description[:500]
    return place


def read_postcode(text: str) -> str:
    """Read a postcode as it is written: ``ba11lj`` is ``BA1 1LJ``; empty if it is none."""
    try:
        return normalise_postcode(text)
    except ValueError:
        return ""


def _clean(text: str) -> str:
    """Write a line without control characters, and with single blanks."""
    return " ".join(_CONTROL.sub(" ", text).split())


_READERS: dict[str, Callable[[Question, Fields], Any]] = {
    **dict.fromkeys(("text", "name", "choice", "slot"), _read_line),
    "long_text": _read_text,
    "choices": _read_many,
    "files": _read_files,
    "yes_no": _read_truth,
    "declaration": _read_declaration,
    "number": _read_number,
    "money": _read_money,
    "date": _read_date,
    "plate": _read_plate,
    "contact": _read_contact,
    "address": _read_address,
    "place": _read_place,
}
