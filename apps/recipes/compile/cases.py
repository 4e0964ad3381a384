"""The case that a finished form opens: its answers and facts under the names of the case type's fields."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from apps.recipes.bundle import Bundle, Question
from apps.recipes.decision import decide
from apps.recipes.expressions.values import Answers, Facts, Values
from apps.recipes.walk import collect_values, walk

# Fields that have another name than the question, or that a fact fills in.
_FACTS = {
    "collection_day": "round.day",
    "zone": "zone.name",
    "co2": "vehicle.co2",
    "fuel": "vehicle.fuel",
}
_POST = "By post"


def make_case(
    bundle: Bundle,
    fields: Collection[str],
    answers: Answers,
    facts: Facts,
    now: datetime,
    person: Mapping[str, bool] | None = None,
) -> dict[str, Any]:
    """Make members of casework's ``POST cases``: ``case_type``, ``fields``, and ``uprn``, ``location`` and
    ``contact`` where they are known.

    ``fields``: the names in the version's ``fields_schema``; what it has no field for is left out.
    Answers that are not on the path are not sent. ``contact.phone`` is E.164 or left out.
    """
    pages = walk(bundle, answers, facts, now, person).pages
    values = collect_values(bundle, answers, facts, now, person)
    body: dict[str, Any] = {"case_type": bundle.case.partition("@")[0]}
    entries: dict[str, Any] = {}
    for page in pages:
        _add_answer(body, entries, bundle.by_question[page], answers[page])
    entries |= {field: value for field, name in _FACTS.items() if (value := values.get(name)) is not None}
    entries |= _judge(bundle, answers, facts, now, person, values)
    body["fields"] = {name: value for name, value in entries.items() if name in fields}
    return body


def _add_answer(body: dict[str, Any], entries: dict[str, Any], question: Question, answer: Any) -> None:
    if answer is None:
        return
    entries[question.id] = answer
    if question.kind == "address" and "uprn" in answer:
        body["uprn"] = int(answer["uprn"])
        entries["uprn"] = answer["uprn"]
    elif question.kind == "place" and "lat" in answer:
        body["location"] = {"lat": answer["lat"], "long": answer["long"]}
    elif question.kind == "contact":
        entries[question.id] = answer.get("email") or answer.get("phone") or _POST
        reached = {"email": answer.get("email"), "phone": _read_phone(answer.get("phone", ""))}
        if contact := {name: value for name, value in reached.items() if value}:
            body["contact"] = contact


def _read_phone(number: str) -> str:
    """Read a number as E.164, a British one without its country; empty if it is neither."""
    digits = "".join(character for character in number if character.isdigit())
    if number.strip().startswith("+"):
        return f"+{digits}"
    return f"+44{digits[1:]}" if digits.startswith("0") else ""


def _judge(
    bundle: Bundle,
    answers: Answers,
    facts: Facts,
    now: datetime,
    person: Mapping[str, bool] | None,
    values: Values,
) -> dict[str, bool]:
    """Say what was confirmed and whether a machine may say yes; nothing where the recipe decides nothing."""
    if not bundle.grant:
        return {}
    home = values.get("home.uprn")
    return {
        "clear": decide(bundle, answers, facts, now, person) == "yes",
        "home_proved": home is not None and home == values.get("address"),
        "keeper_confirmed": values.get("keeper.answer") == "yes",
    }
