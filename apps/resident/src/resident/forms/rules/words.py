"""Words of a service for people: placeholders filled in, answers and facts as they read them. Pure.

What is filled in is plain text: the page escapes it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from babel import dates, numbers

from apps.recipes.bundle import Bundle, Question, Text
from apps.recipes.expressions.values import Facts, Values
from apps.recipes.scenarios.simulation import PLACEHOLDER, list_due

_LOCALES = {"en": "en_GB", "cy": "cy"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_THINGS = {"vehicle": Text("vehicle", "cerbyd")}
"""What stands for the fields of a fact that is not known: ``Who keeps the vehicle?``"""
_LABELS = {
    "yes": Text("Yes", "Ie"),
    "no": Text("No", "Nage"),
    "agreed": Text("Agreed", "Cytunwyd"),
    "by_post": Text("By post", "Drwy'r post"),
    "in_person": Text("In person", "Yn bersonol"),
    "none": Text("Not answered", "Heb ei ateb"),
}


@dataclass(frozen=True)
class Reader:
    """Who reads: in a language, a service with the values that are known."""

    bundle: Bundle
    values: Values
    facts: Facts
    answers: Mapping[str, Any]
    today: date
    language: str

    def fill(self, text: Text) -> str:
        """Show words in the reader's language with their placeholders filled in."""
        things: set[str] = set()
        words = PLACEHOLDER.sub(lambda match: self._show(match.group(1), things), text.show(self.language))
        return re.sub(r" +([?.,;:])", r"\1", re.sub(r"  +", " ", words)).strip()

    def fill_title(self, text: Text) -> str:
        """Show words for the title of a window, which histories keep: empty if they would be personal."""
        words = text.show(self.language)
        return "" if PLACEHOLDER.search(words) else words

    def _show(self, name: str, things: set[str]) -> str:
        head, _, rest = name.partition(".")
        if head == "due":
            day = list_due(self.bundle, self.today).get(rest)
            return format_day(day, self.language) if day else ""
        question = self.bundle.by_question.get(name)
        if question is not None and name in self.answers:
            return self.show_answer(question, self.answers[name])[0]
        value = self.values.get(f"{name}_cy") if self.language == "cy" else None
        value = self.values.get(name) if value is None else value
        return self._show_thing(head, things) if value is None else show_value(value, self.language)

    def _show_thing(self, fact: str, things: set[str]) -> str:
        """Name a thing whose fields are not known, for the first of them."""
        if fact in things or fact not in _THINGS:
            return ""
        things.add(fact)
        return _THINGS[fact].show(self.language)

    def show_answer(self, question: Question, answer: Any) -> list[str]:
        """Show an answer as lines of text; one line at least."""
        match answer:
            case None:
                return [self._label("none")]
            case bool():
                name = "agreed" if question.kind == "declaration" else "yes" if answer else "no"
                return [self._label(name)]
            case Mapping():
                return _show_parts(answer) or [self._label("by_post")]
            case list():
                return [self._show_choice(question, value) for value in answer]
        return self._show_text(question, answer)

    def _show_text(self, question: Question, answer: Any) -> list[str]:
        if question.kind == "money":
            return [format_amount(answer, self.language)]
        if question.kind in {"choice", "slot"}:
            return [self._show_choice(question, answer)]
        lines = str(answer).split("\n")
        return lines if len(lines) > 1 else [show_value(answer, self.language)]

    def _show_choice(self, question: Question, value: str) -> str:
        if question.kind == "files":
            return self._label("by_post" if value == "post" else "in_person")
        labels = {option: label for option, label, _ in self.list_options(question)}
        return labels.get(value, value)

    def list_values(self) -> dict[str, Any]:
        """List what placeholders stand for: answers as they read, fields of facts as they are."""
        values: dict[str, Any] = {
            name: ", ".join(self.show_answer(self.bundle.by_question[name], answer))
            for name, answer in self.answers.items()
        }
        for name, fields in self.facts.items():
            values |= {f"{name}.{field}": value for field, value in (fields or {}).items()}
        return values

    def show_amount(self, pence: int) -> str:
        """Show pence as pounds."""
        return format_amount(pence, self.language)

    @property
    def example_day(self) -> str:
        """Return a day of next month as people type it: ``27 3 2027``."""
        day = self.today + timedelta(days=30)
        return f"{day.day} {day.month} {day.year}"

    def list_options(self, question: Question) -> list[tuple[str, str, str]]:
        """List the options of a question: value, label, and the label's language if it is another."""
        if question.options_from:
            fields = self.facts.get(question.options_from) or {}
            return [self._read_option(option) for option in fields.get("options", ())]
        return [
            (option.value, self.fill(option.label), self.other_language(option.label))
            for option in question.options
        ]

    def _read_option(self, option: Mapping[str, Any]) -> tuple[str, str, str]:
        text = Text(str(option["label"]), str(option.get("label_cy") or ""))
        return str(option["value"]), text.show(self.language), self.other_language(text)

    def other_language(self, text: Text) -> str:
        """Name the language of words that the reader's language has not; else empty."""
        return "en" if self.language == "cy" and not text.cy else ""

    def _label(self, name: str) -> str:
        return _LABELS[name].show(self.language)


def _show_parts(answer: Mapping[str, Any]) -> list[str]:
    """Show the parts of an address, a place or a way to be told."""
    if "label" in answer:
        return [str(answer["label"])]
    if "lines" in answer:
        return [*answer["lines"], answer["postcode"]]
    if "lat" in answer:
        at = f"{answer['lat']}, {answer['long']}"
        return [line for line in (answer.get("description"), at) if line]
    return [str(answer[name]) for name in ("email", "phone", "description", "uprn") if answer.get(name)]


def show_value(value: Any, language: str) -> str:
    """Show a value as people read it: a day, or text."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return format_day(date.fromisoformat(value), language)
    return str(value)


def format_day(day: date, language: str) -> str:
    """Write a day: 14 May 2026."""
    return str(dates.format_date(day, "d MMMM y", locale=_LOCALES[language]))


def format_amount(pence: int, language: str) -> str:
    """Write pence as pounds: 10400 is £104.00."""
    return str(numbers.format_currency(Decimal(pence) / 100, "GBP", locale=_LOCALES[language]))
