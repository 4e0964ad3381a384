"""What a case type must also be: its graph, its clocks, its bounds. Each check gives its faults."""

from collections.abc import Iterator

from casework.documents.rules.case_types import ActionDocument, CaseTypeDocument, ParameterDocument
from casework.documents.rules.clocks import ClockDocument, TimerDocument
from casework.language.rules.catalogue import PLACEHOLDER, list_texts
from casework.model.rules.case_type import NEW, RESIDENT
from casework.shared.faults import Fault, Path, suggest
from casework.shared.yaml_source import Source

_NATION_OF_CALENDAR = {
    "england_and_wales": {"england", "wales"},
    "scotland": {"scotland"},
    "northern_ireland": {"northern_ireland"},
}
_PAIRS = (
    ("pauses_on", ("resumes_on", "restarts_on")),
    ("resumes_on", ("pauses_on",)),
    ("extends_on", ("extension", "extension_until")),
    ("extension", ("extends_on",)),
    ("extension_until", ("extends_on",)),
    ("disregards_on", ("disregards_from",)),
    ("disregards_from", ("disregards_on",)),
)


def check_document(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Check what is not a reference and not an expression."""
    yield from check_graph(document, source)
    yield from check_actions(document, source)
    yield from check_names(document, source)
    yield from _check_outcomes(document, source)
    yield from _check_fields(document, source)
    yield from _check_restriction(document, source)
    yield from _check_teams(document, source)
    for name, parameter in document.parameters.items():
        yield from _check_parameter(name, parameter, source)
    for name, clock in document.clocks.items():
        yield from _check_clock(name, clock, document, source)
    for name, timer in document.timers.items():
        yield from _check_timer(name, timer, source)
    yield from _check_slots(document, source)
    if not document.admission_authority:
        for name, clock in document.clocks.items():
            if clock.calendar == "school" or clock.unit == "school_days":
                way_out = "Say `admission_authority:` a field."
                yield source.make_fault(
                    ("clocks", name, "calendar"), "nothing says whose school days.", way_out
                )
    for nation in set(document.sibling) & set(document.nations):
        yield source.make_fault(("sibling", nation), f"the type itself is for {nation}.", "Leave it out.")


def list_targets(action: ActionDocument) -> list[str]:
    """List the states that an action may lead to; none if the state stays."""
    return list(action.to) if isinstance(action.to, dict) else [action.to] if action.to else []


def check_graph(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find states that no case reaches, and states from which no case reaches an end."""
    edges: dict[str, set[str]] = {state: set() for state in (NEW, *document.states)}
    for action in document.actions.values():
        for state in action.sources:
            edges.setdefault(state, set()).update(list_targets(action))
    reached = _spread({NEW}, edges)
    backwards = {state: {before for before, after in edges.items() if state in after} for state in edges}
    ending = _spread({state for state, each in document.states.items() if each.end}, backwards)
    for state in document.states:
        if state not in reached:
            yield source.make_fault(
                ("states", state), "no case reaches it.", "Add an action that leads to it."
            )
        elif state not in ending:
            way_out = "Add an action that leads out, or say `end: true`."
            yield source.make_fault(("states", state), "no case that is here ever ends.", way_out)
    if NEW in document.states:
        yield source.make_fault(("states", NEW), "it is the state before a case is open.", "Rename it.")


def _spread(start: set[str], edges: dict[str, set[str]]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        for state in edges.get(waiting.pop(), set()) - reached:
            reached.add(state)
            waiting.append(state)
    return reached


def check_actions(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find actions that nobody may do, that end without a result, or whose way is not clear."""
    triggered = {timer.do for timer in document.timers.values()}
    triggered |= {reaction.do for reaction in document.reactions.values()}
    triggered |= {action for task in document.tasks.values() for action in task.then.values()}
    ends = {state for state, each in document.states.items() if each.end}
    for name, action in document.actions.items():
        path = ("actions", name)
        if name not in triggered and not set(action.by) & {RESIDENT, *document.roles}:
            way_out = "Say `by:` a role, or let a timer, a task or a reaction do it."
            yield source.make_fault(path, "nobody may do it.", way_out)
        if set(list_targets(action)) & ends and not action.result and not set(action.sources) <= ends:
            way_out = "Say `result:`; a result says how long the case is kept."
            yield source.make_fault(path, "it ends the case without a result.", way_out)
        if NEW in action.sources and not list_targets(action):
            yield source.make_fault(path, "it opens a case in no state.", "Say `to:` a state.")
        if len(action.result) > 1 and name in triggered:
            yield source.make_fault(path, "nothing says with which result it is done.", "Give it one result.")
        if isinstance(action.to, dict):
            conditions = [target.when is not None for target in action.to.values()]
            if not conditions or conditions[-1] or not all(conditions[:-1]):
                message = "each state but the last needs `when:`, and the last has none."
                yield source.make_fault((*path, "to"), message)


def check_names(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find ids that mean two things, and placeholders without a value."""
    ids = [*document.states, *document.actions, *document.tasks]
    for section in ("actions", "tasks"):
        for name in getattr(document, section):
            if ids.count(name) > 1:
                way_out = "States, actions and tasks need ids of their own."
                yield source.make_fault((section, name), "the id is there twice.", way_out)
    names = {"reference", "council", *document.fields, *(f"due.{clock}" for clock in document.clocks)}
    names |= {f"slot.{slot}" for slot in document.slots}
    for path, text in list_texts(document):
        for name in PLACEHOLDER.findall(text.en):
            if path[0] != "notifications" or name not in names:
                way_out = suggest(name, names, "placeholder")
                yield source.make_fault(path, f"there is no value for (({name})).", way_out)


def _check_outcomes(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    for task, each in document.tasks.items():
        for outcome in set(each.then) - set(each.outcomes):
            way_out = suggest(outcome, each.outcomes, "outcome")
            yield source.make_fault(
                ("tasks", task, "then", outcome), "the task has no such outcome.", way_out
            )


def _check_parameter(name: str, parameter: ParameterDocument, source: Source) -> Iterator[Fault]:
    path = ("parameters", name)
    types = {"integer": int, "string": str, "boolean": bool}
    if type(parameter.default) is not types[parameter.type]:
        yield source.make_fault((*path, "default"), f"it is no {parameter.type}.")
    elif isinstance(parameter.default, int) and parameter.type == "integer":
        if parameter.min is None or parameter.max is None:
            yield source.make_fault(path, "it has no bounds.", "Say `min:` and `max:`.")
        elif not parameter.min <= parameter.default <= parameter.max:
            message = f"the default is not within {parameter.min} to {parameter.max}."
            yield source.make_fault((*path, "default"), message)
    if parameter.law and not parameter.source:
        yield source.make_fault(path, "its bounds are a law's, which it does not name.", "Say `source:`.")


def _check_clock(
    name: str, clock: ClockDocument, document: CaseTypeDocument, source: Source
) -> Iterator[Fault]:
    path = ("clocks", name)
    for key, needed in _PAIRS:
        if getattr(clock, key) and not any(getattr(clock, other) for other in needed):
            yield source.make_fault((*path, key), f"it needs `{needed[0]}:` too.")
    nations = _NATION_OF_CALENDAR.get(clock.calendar)
    if nations and not set(document.nations) <= nations:
        others = ", ".join(sorted(set(document.nations) - nations))
        way_out = "Say `calendar: nation`, or write a sibling."
        yield source.make_fault((*path, "calendar"), f"the type is also for {others}.", way_out)
    if clock.basis != "local_standard" and clock.length.parameter is not None:
        parameter = document.parameters.get(clock.length.parameter)
        if parameter is not None and not parameter.law:
            way_out = "Say `law: true` with bounds that the law allows."
            message = "a council may set it, and it is no local standard."
            yield source.make_fault((*path, "length", "parameter"), message, way_out)
    least = document.parameters.get(clock.length.parameter or "")
    if clock.length.number == 0 or (least is not None and least.min is not None and least.min < 1):
        yield source.make_fault((*path, "length"), "it may be 0.", "A clock runs for 1 or more.")
    yield from _check_start(name, clock, document, source)


def _check_start(
    name: str, clock: ClockDocument, document: CaseTypeDocument, source: Source
) -> Iterator[Fault]:
    path = ("clocks", name)
    if clock.starts_from is None:
        if clock.direction == "backward":
            yield source.make_fault(path, "it counts back from nothing.", "Say `starts_from:` a date field.")
        return
    field = document.fields.get(clock.starts_from)
    needed_format = "date-time" if clock.unit == "hours" else "date"
    if field is not None and (not field.format.startswith(needed_format) or field.type != "string"):
        message = f"{clock.unit} are counted from a field with `format: {needed_format}`."
        yield source.make_fault((*path, "starts_from"), message)


def _check_fields(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find fields whose keys say two things."""
    for name, field in document.fields.items():
        if field.type not in {"string", "array"} and (field.format or field.enum):
            yield source.make_fault(("fields", name), "`format:` and `enum:` are for texts.")
    yield from _check_dates(document, source)


def _check_dates(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find days that are counted from no date, or left out where none are counted."""
    for clock, each in document.clocks.items():
        for key in ("extension_until", "disregards_from", "disregards_until"):
            if (date_field := getattr(each, key)) is not None:
                yield from _check_date(document, source, ("clocks", clock, key), date_field)
        if each.disregards_on and (each.unit == "hours" or each.direction == "backward"):
            message = "days are left out of clocks that count days forward."
            yield source.make_fault(("clocks", clock, "disregards_on"), message)
    for count, counted in document.counts.items():
        if counted.year_of is not None:
            yield from _check_date(document, source, ("counts", count, "year_of"), counted.year_of)


def _check_restriction(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find acts of residents on cases that they may not know of."""
    for name, action in document.actions.items():
        if document.restricted is not None and RESIDENT in action.by:
            way_out = f"Let staff do it, or open it as a sub-case of a type that {RESIDENT}s open."
            message = f"only the role {document.restricted} may know of the case."
            yield source.make_fault(("actions", name, "by"), message, way_out)


def _check_teams(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find areas that no case is in, or that are there twice."""
    field, folded = document.fields.get(document.routing or ""), set[str]()
    for area in document.teams.areas:
        path: Path = ("teams", "areas", area)
        if document.routing is None and document.teams.kind is None:
            way_out = "Say `routing:` the field that has it, or `kind:` of area."
            yield source.make_fault(path, "nothing says in which area a case is.", way_out)
        if field is not None and field.enum and area not in field.enum:
            message = f"{document.routing} has no such value."
            yield source.make_fault(path, message, suggest(area, field.enum, "value"))
        name = " ".join(area.casefold().split())
        if name in folded:
            yield source.make_fault(path, "the area is there twice; case does not matter.")
        folded.add(name)


def _check_date(document: CaseTypeDocument, source: Source, path: Path, name: str) -> Iterator[Fault]:
    field = document.fields.get(name)
    if field is not None and (field.format != "date" or field.type != "string"):
        yield source.make_fault(path, f"{name} is no date.", "Say `format: date` at the field.")


def _check_slots(document: CaseTypeDocument, source: Source) -> Iterator[Fault]:
    """Find slots that nobody can choose, or that would be taken while nobody is there to choose another."""
    by_itself = {timer.do for timer in document.timers.values()}
    by_itself |= {reaction.do for reaction in document.reactions.values()}
    for name, slot in document.slots.items():
        field = document.fields.get(slot.choice or "")
        if field is not None and (field.format != "slot" or field.type != "string"):
            message, way_out = f"{slot.choice} is no slot.", "Say `format: slot` at the field."
            yield source.make_fault(("slots", name, "choice"), message, way_out)
        for action in sorted(set(slot.holds_on) & by_itself):
            message = f"{action} is done by a timer or an event, and the slot may be full."
            yield source.make_fault(("slots", name, "holds_on"), message, "Hold it by an action of people.")
        if not slot.confirms_on:
            way_out = "Say `confirms_on:`; it may be the action that holds it."
            yield source.make_fault(("slots", name), "nothing confirms it, so every hold runs out.", way_out)


def _check_timer(name: str, timer: TimerDocument, source: Source) -> Iterator[Fault]:
    path = ("timers", name)
    if [timer.clock, timer.slot, timer.hold].count(None) != 2:  # noqa: PLR2004 - one of three
        yield source.make_fault(path, "it hangs on one thing: `clock:`, `slot:` or `hold:`.")
    if [timer.do, timer.notify, timer.reopen].count(None) != 2:  # noqa: PLR2004 - one of three
        yield source.make_fault(path, "it does one thing: `do:`, `notify:` or `reopen:`.")
    shifts = [timer.before_hours, timer.after_hours, timer.before_days, timer.after_days]
    if len([shift for shift in shifts if shift]) > 1:
        yield source.make_fault(path, "it is before or after, not both, in hours or in days.")
