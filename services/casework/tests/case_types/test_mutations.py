"""Whatever is changed in a case type that ships: it is refused with the line, or every case still ends.

"It still compiles" alone would not do: what is accepted is explored by the engine.
"""

import copy
import random
from dataclasses import replace

import pytest

from casework.case_types.actions.library import list_codes, load
from casework.language.rules.compilation import compile_source
from casework.language.rules.references import list_references
from casework.shared.faults import CaseTypeError

from .explorer import explore, find_dead_ends
from .library_sources import SAMPLES, play_all, read_type

CODES = [*list_codes(), *SAMPLES]


def list_paths(value, path=()):
    """List the paths of every key and item of a file."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from list_paths(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from list_paths(each, (*path, index))


def change(code, path, make):
    """Compile a type with one place changed; give the type, or its faults."""
    source, catalogue = read_type(code)
    content = copy.deepcopy(source.content)
    place = content
    for part in path[:-1]:
        place = place[part]
    make(place, path[-1])
    try:
        return compile_source(replace(source, content=content), catalogue), ()
    except CaseTypeError as error:
        return None, error.faults


def drop(place, key):
    del place[key]


def misname(place, key):
    """Let a reference name nothing, whether it is a value, an item or a key."""
    if isinstance(place, dict) and isinstance(place[key], dict):
        place["no_such_thing"] = place.pop(key)
    else:
        place[key] = "no_such_thing"


def overturn(place, key):
    """Put a value of another kind."""
    place[key] = {"no_such_key": 1} if not isinstance(place[key], dict) else 7


CHANGES = [drop, overturn]


def check(code, path, make):
    case_type, faults = change(code, path, make)
    if case_type is None:
        assert faults
        assert all(fault.line >= 1 and fault.message for fault in faults)
        return True
    assert find_dead_ends(case_type) == set(), path
    return bool(play_all(code, case_type))


@pytest.mark.parametrize("code", CODES)
def test_every_state_of_a_type_is_reached_and_reaches_an_end(code):
    reached = set(explore(load(code)))
    assert find_dead_ends(load(code)) == set()
    # of an action with conditions the engine takes one way here; scenarios take the others
    branching = [action for action in load(code).actions.values() if len(action.targets) > 1]
    branches = {target.state for action in branching for target in action.targets}
    assert set(load(code).states) - branches <= reached


@pytest.mark.parametrize("code", CODES)
def test_a_change_is_refused_with_its_line_or_every_case_still_ends(code):
    chosen = random.Random(code).sample(list(list_paths(read_type(code)[0].content)), 5)
    for path in chosen:
        for make in CHANGES:
            check(code, path, make)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("code", CODES)
def test_any_change_is_refused_with_its_line_or_every_case_still_ends(code):
    paths = list(list_paths(read_type(code)[0].content))
    for make in CHANGES:
        noticed = [check(code, path, make) for path in paths]
        # what goes unnoticed are words, roles beside others, and guards no scenario fails
        assert sum(noticed) >= 0.6 * len(noticed), make.__name__


@pytest.mark.parametrize("code", CODES)
def test_a_reference_to_nothing_is_refused_on_its_line(code):
    source = read_type(code)[0]
    references = list(list_references(source.content))
    for reference in random.Random(code).sample(references, 8):
        case_type, faults = change(code, reference.path, misname)
        assert case_type is None
        # a key that has another name now stands nowhere: its map does
        lines = {source.positions[path][0] for path in (reference.path, reference.path[:-1])}
        unknown = [
            fault for fault in faults if "no_such_thing" in fault.message or "no_such_thing" in fault.path
        ]
        assert any(fault.line in lines for fault in unknown), reference


RETENTION = {"months": 1, "then": "destroy", "source": "Law"}
PLANTED = [
    ("states", "limbo", {"public": "Lost", "staff": "Lost"}, "states.limbo: no case reaches it."),
    ("states", "reported", None, "actions.report.to: there is no state reported."),
    ("clocks.return", "source", None, "clocks.return.source: it is missing."),
    ("clocks.return", "basis", None, "clocks.return.basis: it is missing."),
    ("clocks.return", "calendar", "none", "clocks.return.calendar: is needed"),
    ("clocks.return", "calendar", "scotland", "the type is also for england, northern_ireland, wales."),
    ("clocks.return", "basis", "statute", "a council may set it, and it is no local standard."),
    ("clocks.return", "length", 0, "clocks.return.length: it may be 0."),
    ("parameters.return_within", "min", 0, "clocks.return.length: it may be 0."),
    ("fields.collection_day", "format", "uprn", "working_days are counted from a field with `format: date`."),
    ("fields.collection_day", "type", "integer", "fields.collection_day: `format:` and"),
    ("fields.bin", "type", "boolean", "fields.bin: `format:` and `enum:` are for texts."),
    ("counts.same_collection", "year_of", "bin", "counts.same_collection.year_of: bin is no date."),
    ("clocks.return", "pauses_on", "report", "it needs `resumes_on:` too."),
    ("clocks.return", "direction", "backward", "it counts back from nothing."),
    ("actions.report.guards.not_out", "when", "field.crew_evnt == 'x'", "Did you mean field.crew_event?"),
    ("actions.report.guards.not_out", "when", "field.bin != 'tin'", "'tin' is none of the choices of bin."),
    ("actions.report.guards.not_out", "when", "field.bin > 2", "at character 11: found no matching overload"),
    ("actions.report.guards.not_out", "when", "field.bin", "it is string, and truth is needed"),
    ("actions.report.guards.not_out", "say", None, "actions.report.guards.not_out.say: it is missing."),
    ("actions.report.guards.not_out", "paid_in_full", True, "a guard has exactly one of"),
    ("actions.refuse", "by", [], "nobody may do it."),
    ("actions.report", "to", None, "actions.report: it opens a case in no state."),
    ("actions.refuse", "sets", {"collection_day": "field.bin"}, "bin has no `format: date`"),
    ("actions.refuse", "result", [], "it ends the case without a result."),
    ("actions.refuse", "from", "retruning", "Did you mean returning?"),
    ("actions.refuse", "form", "reported", "there is no such key here. Did you mean from?"),
    ("parameters.return_within", "default", 9, "the default is not within 1 to 5."),
    ("parameters.return_within", "max", None, "it has no bounds."),
    ("parameters", "unused", {"type": "string", "name": "U", "default": "u"}, "nothing reads it."),
    ("fields", "unused", {"label": "U"}, "no action asks for it or sets it."),
    ("roles", "ghost", "Ghost", "nobody of this role does or reads anything."),
    ("results", "unused", {"name": "U", "retention": RETENTION}, "results.unused: no action ends with it."),
    ("notifications.received", "on", [], "nothing sends it."),
    ("notifications.received", "body", "Dear ((nmae))", "there is no value for ((nmae))."),
    ("notifications.crew_late", "to", "resident", "residents read it, and it has no Welsh."),
    ("timers.late", "do", "refuse", "it does one thing"),
    ("fields.bin", "staff", True, "a resident opens a case by it, and bin is needed then"),
    ("fields.crew_event", "restricted", "crew", "`restricted:` says it already."),
    ("actions.report", "by", ["resident"], "fields.crew_event.staff: no staff are asked for it."),
    ("notifications.received", "body", "For ((ward))", "residents do not read ward."),
    ("open311", "details", "ward", "only staff fill it in."),
    ("counts.same_collection", "same", ["uprnn"], "Did you mean uprn?"),
    ("actions.send_crew", "to", "reported", "states.returning: no case reaches it."),
    ("states.collected", "end", None, "states.collected: no case that is here ever ends."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "key", "value", "message"), PLANTED)
def test_a_planted_fault_is_named(path, key, value, message):
    def plant(place, last):
        if value is None:
            del place[last][key]
        else:
            place[last][key] = value

    case_type, faults = change("missed-bin", tuple(path.split(".")), plant)
    assert case_type is None
    assert any(message in str(fault) for fault in faults), "\n".join(map(str, faults))


def test_all_faults_are_reported_at_once():
    def plant(place, key):
        place[key]["report"]["by"] = ["residnet"]
        place[key]["refuse"]["to"] = "refsued"
        place[key]["send_crew"]["from"] = "new"

    _, faults = change("missed-bin", ("actions",), plant)
    assert {fault.path for fault in faults} >= {"actions.report.by.0", "actions.refuse.to"}
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)


def test_residents_do_nothing_on_cases_they_may_not_know_of():
    def plant(place, key):
        place["restricted"] = "crew"

    _, faults = change("missed-bin", ("restricted",), plant)
    assert [fault.path for fault in faults] == ["actions.report.by"]
    assert "only the role crew may know of the case." in str(faults[0])
