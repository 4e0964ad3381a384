"""What a case type must be for residents: offered by Open311, and without fields that only staff fill in."""

from collections.abc import Iterator

from casework.documents.rules.case_types import ActionDocument, CaseTypeDocument
from casework.language.rules.catalogue import PLACEHOLDER, to_words
from casework.language.rules.checks import list_targets
from casework.model.rules.case_type import NEW, RESIDENT
from casework.model.rules.open311 import STATUSES, Open311Service, is_open
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
    if field.staff:
        yield source.make_fault(
            ("open311", part), "only staff fill it in.", "Leave out `staff:` at the field."
        )
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


def check_staff_fields(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find fields of staff that no staff are asked for, that a resident must give, or is told."""
    fields = {name for name, field in document.fields.items() if field.staff}
    for name in sorted(fields):
        asking = [action for action in document.actions.values() if name in action.asks]
        if asking and not any(set(action.by) & set(document.roles) for action in asking):
            way_out = "Let a role do an action that asks for it, or leave out `staff:`."
            yield source.make_fault(("fields", name, "staff"), "no staff are asked for it.", way_out)
        if document.fields[name].restricted:
            way_out = "Leave out `staff:`."
            yield source.make_fault(("fields", name, "staff"), "`restricted:` says it already.", way_out)
    yield from _check_openings(document, source, fields)
    yield from _check_messages(document, source, fields)


def _check_openings(document: CaseTypeDocument, source: Source, fields: set[str]) -> Iterator[Fault]:
    for name, action in document.actions.items():
        if NEW in action.sources and RESIDENT in action.by:
            for field in sorted(_find_needed(document, action) & fields - set(action.sets)):
                message = f"a resident opens a case by it, and {field} is needed then, which staff fill in."
                way_out = "Leave it out of the state's `needs:`, or leave out `staff:` at the field."
                yield source.make_fault(("actions", name), message, way_out)


def _find_needed(document: CaseTypeDocument, action: ActionDocument) -> set[str]:
    """Find the fields that every state an action leads to needs."""
    states = [document.states[state] for state in list_targets(action) if state in document.states]
    return set.intersection(*(set(state.needs) for state in states)) if states else set()


def _check_messages(document: CaseTypeDocument, source: Source, fields: set[str]) -> Iterator[Fault]:
    for name, message in document.notifications.items():
        for part, text in (("subject", message.subject), ("body", message.body)):
            for field in sorted(fields.intersection(PLACEHOLDER.findall(text.en))):
                if message.to == RESIDENT:
                    path = ("notifications", name, part)
                    yield source.make_fault(path, f"residents do not read {field}.", "Leave it out.")


def compile_open311(document: CaseTypeDocument) -> Open311Service | None:
    """Compile how the type is offered to sites where residents report problems."""
    service = document.open311
    if service is None:
        return None
    return Open311Service(
        description=to_words(service.description),
        group=to_words(service.group),
        keywords=tuple(service.keywords),
        private=service.private,
        action=service.action,
        place=service.place or "",
        details=service.details or "",
        contact=service.contact or "",
        photos=service.photos or "",
        statuses=dict(service.statuses),
    )
