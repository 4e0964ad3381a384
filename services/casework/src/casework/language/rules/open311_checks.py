"""What a case type must be so that sites where residents report problems can offer it (Open311)."""

from collections.abc import Iterator

from casework.documents.rules.case_types import CaseTypeDocument
from casework.model.rules.case_type import NEW, RESIDENT
from casework.model.rules.open311 import STATUSES, is_open
from casework.shared.faults import Fault, suggest
from casework.shared.yaml_source import Source

_PERSONAL_PARTS = ("details", "contact", "photos")  # what strangers write or show may be of somebody


def check_open311(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find what keeps a case type from being offered as it says."""
    service = document.open311
    if service is None:
        return
    action = document.actions.get(service.action)
    if action is not None and (NEW not in action.sources or RESIDENT not in action.by):
        way_out = f"Name an action `from: new` and `by: {RESIDENT}`."
        yield source.make_fault(("open311", "action"), "no resident opens a case by it.", way_out)
    for part in ("place", *_PERSONAL_PARTS):
        yield from _check_field(part, getattr(service, part), document, source)
    yield from _check_statuses(document, source)


def _check_field(part: str, name: str | None, document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    service, field = document.open311, document.fields.get(name or "")
    if service is None or field is None:
        return
    action = document.actions.get(service.action)
    if action is not None and name not in action.asks:
        way_out = f"Add it to `asks:` of {service.action}."
        yield source.make_fault(("open311", part), "the action does not ask for it.", way_out)
    if field.type != ("array" if part == "photos" else "string") or field.format or field.enum:
        message = "it must be a list of texts." if part == "photos" else "it must be a free text."
        yield source.make_fault(("open311", part), message)
    if part in _PERSONAL_PARTS and not field.personal:
        yield source.make_fault(
            ("open311", part), "it may name somebody.", "Say `personal: true` at the field."
        )


def _check_statuses(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    statuses = document.open311.statuses if document.open311 is not None else {}
    for state, each in document.states.items():
        status = statuses.get(state)
        if status is None:
            yield source.make_fault(("open311", "statuses"), f"the state {state} has no status.", "Add it.")
        elif status not in STATUSES:
            way_out = suggest(status, STATUSES, "status")
            yield source.make_fault(("open311", "statuses", state), f"there is no status {status}.", way_out)
        elif is_open(status) == each.end:
            progress = "the case is over" if each.end else "the case goes on"
            yield source.make_fault(
                ("open311", "statuses", state),
                f"{progress}, and {status} says otherwise.",
                "Choose another status.",
            )
