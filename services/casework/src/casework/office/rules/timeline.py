"""A case's history in words: what was done, by whom, for whom, and what changed. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from casework.model.rules.case_type import NEW, CaseType
from casework.office.rules.values import format_pence, format_value, name_value
from casework.shared.days import format_day
from casework.shared.references import format_reference

SERVICE = "casework"
_NOTICED = timedelta(minutes=1)
_SILENT = {"sequence", "clocks", "timers", "fired", "actors"}  # what they come to is in other lines
_MERGED = "merged."  # and the reference of the case that ended in this one
_TITLES = {
    "action": "{action}",
    "correction": "Time corrected: {action}",
    "task": "Task done: {task}",
    "timer": "When its time came: {timer}",
    "timer-refused": "Not done when its time came: {timer}",
    "breach": "Too late: {clock}",
    "assignment": "Given to somebody",
    "merge": "Another case ended in this one",
}
_FILES = {
    "add": "File added",
    "delete": "File deleted",
    "redact": "File replaced by a redacted copy",
    "scan": "File scanned",
    "join": "Files of the report added",
}


class Entry(Protocol):
    """An entry of a history, as far as its words go."""

    n: int
    kind: str
    act: str
    at: datetime
    effective_at: datetime
    actor: dict[str, str]
    before: dict[str, Any]
    after: dict[str, Any]
    personal: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed; ``before`` is empty if it was not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry in words."""

    n: int
    at: datetime
    effective_at: datetime | None  # when it happened, if that was another time
    title: str
    by: str
    changes: list[Change]


class Narrator:
    """Tells the entries of one case. ``names``: subject -> what pages call them."""

    def __init__(self, case_type: CaseType, names: Mapping[str, str], person: str | None) -> None:
        self._type, self._names, self._person = case_type, names, person

    def tell(self, entry: Entry) -> EntryLine:
        """Put an entry in words."""
        apart = abs(entry.at - entry.effective_at) > _NOTICED
        return EntryLine(
            n=entry.n,
            at=entry.at,
            effective_at=entry.effective_at if apart else None,
            title=self._title(entry),
            by=self._name_actor(entry.actor),
            changes=[*self._list_changes(entry), *self._list_personal(entry)],
        )

    def _name_actor(self, actor: Mapping[str, str]) -> str:
        subject, delegate = actor.get("sub", ""), actor.get("act", "")
        name = self._name(subject)
        return f"{self._name(delegate)} for {name}" if delegate else name

    def _name(self, subject: str) -> str:
        if subject == SERVICE:
            return "By itself"
        if subject and subject == self._person:
            return "The person the case is about"
        return self._names.get(subject, subject)

    def _title(self, entry: Entry) -> str:
        act, words = entry.act, _TITLES.get(entry.kind)
        if entry.kind == "attachment":
            return _FILES.get(act, "File changed")
        if entry.kind in {"event", "event-refused"}:
            return self._name_event(act) + ("" if entry.kind == "event" else ", but nothing could be done")
        if entry.kind == "action" and entry.n == 1:
            return f"Opened: {self._name_action(act)}"
        if entry.kind == "assignment" and act != "assign":
            return f"Task given to somebody: {self._name_task(act)}"
        if words is None:
            return f"{name_value(entry.kind)}: {name_value(act)}"
        name = {"{action}": self._name_action, "{task}": self._name_task, "{clock}": self._name_clock}
        name["{timer}"] = self._name_timer
        part = next((part for part in name if part in words), "")
        return words.replace(part, name[part](act)) if part else words

    def _name_event(self, act: str) -> str:
        reaction = self._type.reactions.get(act)
        return name_value(" ".join((reaction.event if reaction else act).split(".")[1:3]))

    def _name_action(self, act: str) -> str:
        action = self._type.actions.get(act)
        return action.name.en if action else name_value(act)

    def _name_task(self, act: str) -> str:
        task = self._type.tasks.get(act)
        return task.name.en if task else name_value(act)

    def _name_clock(self, act: str) -> str:
        clock = self._type.clocks.get(act)
        return clock.name.en if clock else name_value(act)

    def _name_timer(self, act: str) -> str:
        timer = self._type.timers.get(act)
        if timer is not None and timer.action:
            return self._name_action(timer.action)
        return name_value(act)

    def _list_changes(self, entry: Entry) -> Iterator[Change]:
        for name in sorted({*entry.before, *entry.after} - _SILENT, key=_rank):
            before, after = entry.before.get(name), entry.after.get(name)
            if name.startswith(_MERGED):
                yield Change("Merged", "", format_reference(name.removeprefix(_MERGED)))
                continue
            match name:
                case "due_dates":
                    yield from self._compare_dues(before or {}, after or {})
                case "tasks":
                    yield from self._compare_tasks(before or {}, after or {})
                case _:
                    yield Change(self._name_part(name), self._show(name, before), self._show(name, after))

    def _list_personal(self, entry: Entry) -> Iterator[Change]:
        for name, (before, after) in (entry.personal or {}).items():
            part = f"fields.{name}"
            yield Change(self._name_part(part), self._show(part, before), self._show(part, after))

    def _name_part(self, name: str) -> str:
        field = self._type.fields.get(name.removeprefix("fields."))
        if field is not None and name.startswith("fields."):
            return field.label.en
        return name_value(name.removeprefix("fields."))

    def _show(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        if name in {"charged", "paid"}:
            return format_pence(value)
        if name == "assignee":
            return self._name(value)
        words: Mapping[str, str] = {
            "state": self._name_state(str(value)),
            "result": self._name_result(str(value)),
            "team": name_value(str(value)),
        }
        field = self._type.fields.get(name.removeprefix("fields."))
        if name in words:
            return words[name]
        return format_value(field.schema, value) if field else str(value)

    def _name_state(self, value: str) -> str:
        state = self._type.states.get(value)
        return state.staff.en if state else "" if value == NEW else name_value(value)

    def _name_result(self, value: str) -> str:
        result = self._type.results.get(value)
        return result.name.en if result else name_value(value)

    def _compare_dues(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
        for clock in sorted({*before, *after}):
            old, new = before.get(clock), after.get(clock)
            if old != new:
                yield Change(f"{self._name_clock(clock)}, due", _show_due(old), _show_due(new) or "no longer")

    def _compare_tasks(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
        for name in sorted(after):
            if before.get(name) != after[name]:
                status, outcome = after[name][0], after[name][1]
                task = self._type.tasks.get(name)
                words = task.outcomes.get(outcome) if task else None
                text = words.en if words else name_value(outcome or status)
                yield Change(f"Task: {self._name_task(name)}", "", text)


def _rank(name: str) -> tuple[bool, str]:
    return name not in {"state", "result"}, name


def _show_due(value: Any) -> str:
    return format_day(date.fromisoformat(value[0])) if value else ""
