"""What a person is given of their cases, in words. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from casework.cases.rules import read_state
from casework.model.rules.case_type import CaseType
from casework.retention.rules.documents import (
    write_facts,
    write_heading,
    write_page,
    write_paragraph,
    write_table,
)
from casework.shared.references import format_reference


class LeftOut(NamedTuple):
    """What a person is not given, and why."""

    reference: str
    item: str
    why: str


def describe_case(
    case: Any, case_type: CaseType, entries: Sequence[Any], person: str | None
) -> tuple[dict[str, Any], list[LeftOut]]:
    """Describe a case for the person whom it is about, and list the fields that they are not given."""
    reference = format_reference(case.reference)
    values = read_state(case.engine, case.personal or {}).fields
    fields, left_out = {}, []
    for name, value in values.items():
        field = case_type.fields[name]
        if field.restricted:
            why = f"Only the role {field.restricted} may read it: it may be about others."
            left_out.append(LeftOut(reference, f"the field {field.label.en}", why))
        else:
            fields[field.label.en] = value
    contact = {"email": case.email, "phone": case.phone, "language": case.language}
    document = {
        "reference": reference,
        "about": case_type.name.en,
        "state": case_type.states[case.state].public.en,
        "result": case_type.results[case.result].name.en if case.result else None,
        "kept": _describe_retention(case_type, case.result),
        "opened_at": case.opened_at.isoformat(),
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "fields": fields,
        "contact": {name: value for name, value in contact.items() if value},
        "history": [_describe_entry(entry, person) for entry in entries],
    }
    return document, left_out


def _describe_retention(case_type: CaseType, result: str) -> str:
    """Say how long it is kept: Article 15(1)(d) asks for it."""
    if not result:
        return "until it ends, and then as its result says"
    retention = case_type.results[result].retention
    return f"{retention.months} months after it ended ({retention.source})"


def _describe_entry(entry: Any, person: str | None) -> dict[str, str]:
    by = "you" if person is not None and entry.actor.get("sub") == person else "the council"
    return {"at": entry.at.isoformat(), "kind": entry.kind, "act": entry.act, "by": by}


def describe_left_out(left_out: Sequence[LeftOut]) -> dict[str, list[dict[str, str]]]:
    """Describe what is left out, by case."""
    by_case: dict[str, list[dict[str, str]]] = defaultdict(list)
    for each in left_out:
        by_case[each.reference].append({"item": each.item, "why": each.why})
    return dict(by_case)


def print_cases(cases: Sequence[Mapping[str, Any]], left_out: Sequence[LeftOut]) -> str:
    """Write what a person is given as a page."""
    parts = [write_paragraph("This is what we hold about you in these cases, and where we got it from: you.")]
    for case in cases:
        facts = {name: case[name] for name in ("about", "state", "result", "kept", "opened_at", "closed_at")}
        parts += [
            write_heading(case["reference"]),
            write_facts("The case", facts),
            write_facts("What it says", case["fields"]),
            write_facts("How we reach you", case["contact"]),
            write_table(
                "What was done",
                ("at", "kind", "act", "by"),
                [list(entry.values()) for entry in case["history"]],
            ),
            write_table("Files", ("name",), [[name] for name in case["files"]]),
        ]
    references = {case["reference"] for case in cases}
    rows = [each for each in left_out if each.reference in references]
    parts.append(write_table("What we left out, and why", ("case", "item", "why"), rows))
    return write_page("Your data", parts)
