"""What the parts of the platform are sent of a bundle, as plain values for their public APIs and pages."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from apps.recipes.bundle import Bundle, FeeLine, Question, Tariff
from apps.recipes.codec import encode
from apps.recipes.kinds.kinds import KINDS


def make_fields_schema(bundle: Bundle) -> dict[str, Any]:
    """Make the JSON Schema of a case's answers; a council's own questions stand under ``council``."""
    shared = {question.id: _schema(question) for question in bundle.questions if not question.local}
    local = {question.id: _schema(question) for question in bundle.questions if question.local}
    if local:
        shared["council"] = {"type": "object", "properties": local, "additionalProperties": False}
    required = [part.id for part in bundle.questions if not (part.optional or part.when or part.local)]
    return {"type": "object", "properties": shared, "required": required, "additionalProperties": False}


def _schema(question: Question) -> dict[str, Any]:
    schema = {**KINDS[question.kind].schema, "title": question.label.en}
    if question.kind == "choice" and question.options:
        schema["enum"] = [option.value for option in question.options]
    if question.kind in {"number", "money"}:
        names = {"min": "minimum", "max": "maximum"}
        schema |= {names[name]: bound for name, bound in question.bounds.items() if name in names}
    return schema


def list_messages(bundle: Bundle) -> list[dict[str, Any]]:
    """List the messages by event, in both languages, with what the case type does then."""
    return [encode(reaction) for reaction in bundle.reactions]


def make_privacy_notice(bundle: Bundle) -> dict[str, Any]:
    """Make the privacy notice: the basis, the law, and of each question why it is asked and how long it is
    kept."""
    questions = [
        {
            "question": encode(question.label),
            "why": encode(question.why) if question.why else None,
            "kept": bundle.privacy.keep.get(question.id, ""),
            "restricted": question.restricted,
        }
        for question in bundle.questions
    ]
    return {"basis": bundle.privacy.basis, "law": bundle.privacy.law, "questions": questions}


def make_finder_entry(bundle: Bundle) -> dict[str, Any]:
    """Make the entry of the finder on the council's first page."""
    return {
        "service": bundle.service,
        "name": encode(bundle.name),
        "en": list(bundle.find),
        "cy": list(bundle.find_welsh),
    }


def list_public_charges(bundle: Bundle, today: date) -> list[dict[str, Any]]:
    """List the charges for the public page: each price now and later, in pence, and who decided it, when."""
    decided = encode(bundle.decided) if bundle.decided else None
    return [
        {
            "service": bundle.service,
            "line": encode(line.name),
            "prices": list(_list_prices(line, today)),
            "decided": decided,
        }
        for line in (bundle.fee.lines if bundle.fee else ())
    ]


def _list_prices(line: FeeLine, today: date) -> Iterator[dict[str, Any]]:
    past = [tariff for tariff in line.tariffs if tariff.starts <= today.isoformat()]
    for tariff in line.tariffs[max(len(past) - 1, 0) :]:
        yield {
            "from": tariff.starts,
            "pence": tariff.pence,
            "bands": _list_bands(tariff),
            "unknown": tariff.unknown,
        }


def _list_bands(tariff: Tariff) -> list[dict[str, int]]:
    return [{"from": band.least, "pence": band.pence} for band in tariff.bands]
