"""What a case's rows hold of its engine state, and the chain of its history. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from casework.model.rules.acts import Decision, Weighed
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import RESIDENT, SYSTEM, Action, CaseType, GuardKind
from casework.shared.days import find_local_day
from chassis.dates import add_months

FIRST_DIGEST = bytes(32)
"""What the first entry of a case's history is chained to."""
_REMARKS = frozenset({"event-refused", "timer-refused", "event", "message", "breach"})
"""Kinds of entries that say what happened, and change nothing that is stored of the case."""
_BESIDE_ROW = ("areas.", "attachment.", "hold.", "merged.", "split_from", "task.")


def list_apart(case_type: CaseType) -> frozenset[str]:
    """List the fields that lie apart: personal ones, and those that one role alone may read."""
    fields = case_type.fields.values()
    return frozenset(field.id for field in fields if field.personal or field.restricted)


def split_fields(values: Mapping[str, Any], apart: frozenset[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split fields into those of the row and those that lie apart."""
    return (
        {name: value for name, value in values.items() if name not in apart},
        {name: value for name, value in values.items() if name in apart},
    )


def read_state(engine: Mapping[str, Any], personal: Mapping[str, Any]) -> CaseState:
    """Read a case's state from its rows. Erased fields are not there."""
    state = CaseState.from_json(engine)
    return replace(state, fields={**state.fields, **personal})


def find_first_due(state: CaseState) -> datetime | None:
    """Find the first deadline that runs."""
    return min((due.at for due in state.due_dates.values()), default=None)


def find_disposal_day(case_type: CaseType, decision: Decision) -> date | None:
    """Find the day from which a case that a decision ended is no longer kept, by its result.

    None while it is open, and for one that ended in another case: it goes when that one goes.
    """
    state = decision.state
    result = case_type.results.get(state.result)
    if not case_type.states[state.state].end or result is None or any(link.merge for link in decision.links):
        return None
    return add_months(find_local_day(decision.act.at), result.retention.months)


def find_uprn(case_type: CaseType, values: Mapping[str, Any]) -> int | None:
    """Find the property that a case is about: its first field that holds one."""
    names = [field.id for field in case_type.fields.values() if field.schema.get("format") == "uprn"]
    return next((int(values[name]) for name in names if values.get(name)), None)


def hide_fields(case_type: CaseType, values: Mapping[str, Any], roles: frozenset[str]) -> dict[str, Any]:
    """Leave out the fields that none of these roles may read: of the resident, those that are staff's."""
    fields, is_resident = case_type.fields.values(), roles == {RESIDENT}
    hidden = {field.id for field in fields if field.restricted not in {"", *roles}}
    hidden |= {field.id for field in fields if field.staff and is_resident}
    return {name: value for name, value in values.items() if name not in hidden}


def list_asks(case_type: CaseType, action: Action, roles: frozenset[str]) -> list[str]:
    """List the fields that an action asks of somebody in these roles: residents give none of staff's."""
    is_staff = bool(action.roles & roles - {RESIDENT})
    return [name for name in action.asks if is_staff or not case_type.fields[name].staff]


def list_roles_of_machine(case_type: CaseType) -> frozenset[str]:
    """List the roles that a council's own software has: not those that restrict a field or a sub-case."""
    restricted = {field.restricted for field in case_type.fields.values()}
    restricted |= {sub_case.restricted for sub_case in case_type.sub_cases.values()}
    restricted.add(case_type.restricted)
    return frozenset(case_type.roles) - restricted - {RESIDENT, SYSTEM}


def list_barred(case_type: CaseType, state: CaseState) -> frozenset[str]:
    """List who may not take a case: they did what somebody else must now follow (``not_same_person_as``)."""
    return frozenset(
        state.actors[guard.subjects[0]]
        for action in case_type.actions.values()
        if state.state in action.sources
        for guard in action.guards
        if guard.kind is GuardKind.NOT_SAME_PERSON_AS and guard.subjects[0] in state.actors
    )


def list_working_roles(case_type: CaseType, state: str) -> frozenset[str]:
    """List the staff roles that have something to do in a state."""
    roles = [action.roles for action in case_type.actions.values() if state in action.sources]
    return frozenset().union(*roles) - {RESIDENT, SYSTEM}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a case's history. ``before`` and ``after`` hold what changed, by name."""

    n: int
    kind: str
    act: str
    at: datetime
    effective_at: datetime
    actor: Mapping[str, str]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    weighed: tuple[Mapping[str, Any], ...]
    personal: Mapping[str, Any]  # field -> [before, after]


def read_entry(row: Any) -> Entry:
    """Read an entry as it was digested from its row."""
    return Entry(
        n=row.n,
        kind=row.kind,
        act=row.act,
        at=row.at,
        effective_at=row.effective_at,
        actor=row.actor,
        before=row.before,
        after=row.after,
        weighed=tuple(row.weighed),
        personal={},
    )


def make_entry(
    before: CaseState, decision: Decision, actor: Mapping[str, str], apart: frozenset[str]
) -> Entry:
    """Make the entry of a decision."""
    old, new = _flatten(before, apart), _flatten(decision.state, apart)
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    act = decision.act
    return Entry(
        n=decision.state.sequence,
        kind=act.kind,
        act=act.id,
        at=act.at,
        effective_at=act.counted_at,
        actor=actor,
        before={name: old[name] for name in names if name in old},
        after={name: new[name] for name in names if name in new},
        weighed=(*map(_describe_weighed, decision.weighed), *_list_other_reasons(decision)),
        personal={
            name: [before.fields.get(name), value]
            for name, value in decision.changes.items()
            if name in apart and before.fields.get(name) != value
        },
    )


def _describe_weighed(rule: Weighed) -> dict[str, Any]:
    more = {"error": rule.error} if rule.error else {}
    if rule.rule == "calendar":
        more = {"reason": str(rule.values["reason"])}
    return {"rule": rule.rule, "holds": rule.holds, **more}


def _list_other_reasons(decision: Decision) -> Iterator[dict[str, Any]]:
    """List why the action of a payment was not done, but for the rules that say so themselves."""
    rules = {rule.rule for rule in decision.weighed if not rule.holds}
    for reason in decision.not_done:
        if reason.rule not in rules:
            error = {"error": reason.detail} if reason.detail else {}
            yield {"rule": reason.rule, "holds": False, **error}


def fold(entries: Iterable[Entry]) -> dict[str, Any]:
    """Fold a case's history: what its row, tasks, merges and files hold, but for what lies apart."""
    row: dict[str, Any] = {}
    for entry in entries:
        fold_entry(row, entry)
    return row


def fold_entry(row: dict[str, Any], entry: Entry) -> None:
    """Add an entry to what the ones before it folded to."""
    if entry.kind in _REMARKS:
        return
    for name in entry.before:
        row.pop(name, None)
    row |= entry.after


def select_of_row(folded: Mapping[str, Any]) -> dict[str, Any]:
    """Select what the row itself holds of what a history folds to."""
    return {name: value for name, value in folded.items() if not name.startswith(_BESIDE_ROW)}


def flatten_row(engine: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what folding a case's history must give. ``row``: its team and assignee."""
    document = {name: value for name, value in engine.items() if name not in {"fields", "sequence"}}
    fields = {f"fields.{name}": value for name, value in engine["fields"].items()}
    return document | fields | {name: value for name, value in row.items() if value is not None}


def _flatten(state: CaseState, apart: frozenset[str]) -> dict[str, Any]:
    document = state.to_json()
    fields = document.pop("fields")
    document.pop("sequence")
    open_fields, _ = split_fields(fields, apart)
    return document | {f"fields.{name}": value for name, value in open_fields.items()}


def digest_personal(salt: bytes, changes: str) -> bytes:
    """Digest personal changes so that their entry holds when they are erased."""
    return hashlib.sha256(salt + changes.encode()).digest()


def digest_content(entry: Entry, personal_digest: bytes | None) -> bytes:
    """Digest what an entry says. This stays when the entry is erased, so that the chain still holds.

    The council is no part: a merger re-keys it.
    """
    return digest_description(describe_content(entry, personal_digest))


def describe_content(entry: Entry, personal_digest: bytes | None) -> dict[str, Any]:
    """Describe an entry as it is digested: of what is personal, the digest."""
    return {
        "n": entry.n,
        "kind": entry.kind,
        "act": entry.act,
        "at": entry.at.isoformat(),
        "effective_at": entry.effective_at.isoformat(),
        "actor": entry.actor,
        "before": entry.before,
        "after": entry.after,
        "weighed": entry.weighed,
        "personal": personal_digest.hex() if personal_digest else None,
    }


def digest_description(content: Mapping[str, Any]) -> bytes:
    """Digest the description of an entry."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def chain(previous: bytes, content_digest: bytes) -> bytes:
    """Digest an entry's content and the entry before it."""
    return hashlib.sha256(previous + content_digest).digest()
