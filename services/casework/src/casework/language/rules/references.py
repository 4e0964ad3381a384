"""Every place in a case type that names something else of it, and what is named nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from casework.documents.rules.case_types import CaseTypeDocument
from casework.model.rules.case_type import NEW, RESIDENT, SYSTEM
from casework.shared.faults import Fault, Path, suggest
from casework.shared.yaml_source import Source

# path -> what it names: a section of the file, or several
_HAPPENINGS = "actions tasks states"
REFERENCES = {
    "states.*.needs": "fields",
    "restricted": "roles",
    "fields.*.restricted": "roles",
    "fields.*.evidence.expires": "clocks",
    "actions.*.from": "states new",
    "actions.*.to": "states",
    "actions.*.by": "roles people",
    "actions.*.asks": "fields",
    "actions.*.sets": "fields",
    "actions.*.result": "results",
    "actions.*.guards.*.evidence": "fields",
    "actions.*.guards.*.not_same_person_as": "actions",
    "actions.*.guards.*.at_most.count": "counts",
    "actions.*.guards.*.tasks_done": "tasks",
    "tasks.*.by": "roles",
    "tasks.*.open_in": "states",
    "tasks.*.then.*": "actions",
    "clocks.*.starts_from": "fields",
    "clocks.*.extension_until": "fields",
    "clocks.*.disregards_from": "fields",
    "clocks.*.disregards_until": "fields",
    "timers.*.clock": "clocks",
    "timers.*.slot": "slots",
    "timers.*.hold": "slots",
    "timers.*.do": "actions",
    "timers.*.notify": "notifications",
    "timers.*.reopen": "tasks",
    "notifications.*.to": "roles people",
    "notifications.*.on": _HAPPENINGS,
    "reactions.*.do": "actions",
    "counts.*.same": "fields",
    "counts.*.year_of": "fields",
    "counts.*.where": "fields",
    "slots.*.choice": "fields",
    "slots.*.area": "fields",
    "slots.*.holds_on": "actions",
    "slots.*.confirms_on": _HAPPENINGS,
    "slots.*.releases_on": _HAPPENINGS,
    "holdings.*.states": "states",
    "holdings.*.until": "clocks",
    "holdings.*.plate": "fields",
    "holdings.*.number": "fields",
    "sub_cases.*.on": _HAPPENINGS,
    "sub_cases.*.copies.*": "fields",
    "sub_cases.*.restricted": "roles",
    "splits.*.from": "states",
    "splits.*.by": "roles",
    "splits.*.copies.*": "fields",
    "splits.*.restricted": "roles",
    "links.*.on": _HAPPENINGS,
    "links.*.reference": "fields",
    "fee.on": _HAPPENINGS,
    "fee.refunded_on": _HAPPENINGS,
    "fee.lines.*.by": "fields",
    "fee.refunds.*.on": _HAPPENINGS,
    "fee.refunds.*.days_left_of": "clocks",
    "fee.refunds.*.months_left_of": "clocks",
    "routing": "fields",
    "admission_authority": "fields",
    **{f"renewal.{part}": _HAPPENINGS for part in ("starts_on", "renews_on", "offered_on", "stops_on")},
    "renewal.starts_from": "fields",
    "renewal.lapses": "actions",
    "renewal.reminders.*.notify": "notifications",
    "open311.action": "actions",
    "open311.statuses": "states",
    **{f"open311.{part}": "fields" for part in ("place", "details", "contact", "photos")},
    **{
        f"clocks.*.{change}": _HAPPENINGS
        for change in (
            "starts_on", "stops_on", "pauses_on", "resumes_on", "restarts_on", "extends_on",
            "disregards_on",
        )
    },
}  # fmt: skip
# What must be named by one of these places (or in an expression), or it has no use.
_USES = {
    "roles": (
        *("actions.*.by", "tasks.*.by", "restricted", "fields.*.restricted", "sub_cases.*.restricted"),
        *("notifications.*.to", "splits.*.by", "splits.*.restricted"),
    ),
    "fields": ("actions.*.asks", "actions.*.sets"),
    "results": ("actions.*.result",),
    "notifications": ("notifications.*.on", "timers.*.notify", "renewal.reminders.*.notify"),
}
_USELESS = {
    "roles": "nobody of this role does or reads anything.",
    "fields": "no action asks for it or sets it.",
    "results": "no action ends with it.",
    "notifications": "nothing sends it.",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A name at a place, with the pattern of the place."""

    pattern: str
    path: Path
    name: str


def list_references(content: object) -> Iterator[Reference]:
    """List every reference in a file's content."""
    for pattern in REFERENCES:
        for path, value in _follow(content, tuple(pattern.split(".")), ()):
            names = [value] if isinstance(value, str) else value
            for index, name in enumerate(names):
                part = () if isinstance(value, str) else (index if isinstance(value, list) else name,)
                yield Reference(pattern, (*path, *part), name)


def _follow(value: Any, parts: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Any]]:
    if not parts:
        if isinstance(value, str | list | dict):
            yield path, value  # of a map the keys are the names
    elif isinstance(value, dict):
        for key in value:
            if parts[0] in {"*", key}:
                yield from _follow(value[key], parts[1:], (*path, key))


def check_references(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find names that name nothing, and what has no use."""
    extra = {"new": {NEW}, "people": {RESIDENT, SYSTEM}}
    references = list(list_references(source.content))
    for reference in references:
        sections = REFERENCES[reference.pattern].split()
        names = {name for section in sections for name in extra.get(section) or getattr(document, section)}
        if reference.name not in names:
            noun = sections[0].rstrip("s")
            message = f"there is no {noun} {reference.name}."
            yield source.make_fault(reference.path, message, suggest(reference.name, names, noun))
    for section, patterns in _USES.items():
        used = {reference.name for reference in references if reference.pattern in patterns}
        if section == "notifications":
            used |= {message for message, each in document.notifications.items() if each.on}
        for name in set(getattr(document, section)) - used:
            yield source.make_fault((section, name), _USELESS[section], "Use it, or leave it out.")
