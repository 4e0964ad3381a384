"""Every expression of a case type, compiled, with the names it may read, and the faults of all of them."""

import re
from collections.abc import Iterable, Iterator

from casework.documents.rules.case_types import (
    ActionDocument,
    CaseTypeDocument,
    FeeDocument,
    FeeLineDocument,
    FieldDocument,
)
from casework.documents.rules.values import ChosenQuantity, ChosenText
from casework.model.rules.case_type import RESIDENT, SYSTEM
from casework.shared.expressions import Compiler, Expression, ExpressionError, Kind
from casework.shared.faults import Fault, Path, suggest
from casework.shared.yaml_source import Source

_COMPARISON = re.compile(r"field\.([a-z0-9_]+)\s*[=!]=\s*'([^']*)'")
_DATES = {"date", "date-time"}
_RESULT_FIELD = re.compile(r"(?:^|[?:])\s*field\.(\w+)\s*(?=$|:)")
_RESULT = re.compile(r"(?:^|[?:])\s*'([^']*)'")  # the whole expression, or a way of a choice


_DATA = re.compile(r"\bdata(?:\.[a-z_][a-z0-9_]*)+")
_PARAMETER_KINDS: dict[str, Kind] = {"integer": "integer", "string": "text", "boolean": "truth"}
_FIELD_KINDS: dict[str, Kind] = {**_PARAMETER_KINDS, "array": "texts"}
_ALWAYS: dict[str, Kind] = {
    "state": "text",
    "today": "text",  # 2026-04-01: dates compare as text
    "now": "instant",
    "charged": "integer",  # pence
    "paid": "integer",
    "refund_due": "integer",
    "refunded": "integer",
    "action": "text",  # the action or task that is being done
    "result": "text",
    "chosen_result": "text",  # the result that this act names
}
SLOT_NAMES: dict[str, Kind] = {
    "held": "truth",
    "confirmed": "truth",
    "day": "text",
    "starts_in_hours": "integer",  # full hours; below 0 once it has begun
}
CLOCK_NAMES: dict[str, Kind] = {"due": "text", "running": "truth", "overdue": "truth", "days_left": "integer"}


def find_field_kind(field: FieldDocument) -> Kind:
    """Find the kind of a field's value in expressions."""
    return "instant" if field.format == "date-time" else _FIELD_KINDS[field.type]


def declare_names(document: CaseTypeDocument) -> dict[str, Kind]:
    """Declare every name of a case type."""
    names = dict(_ALWAYS)
    names |= {f"field.{field}": find_field_kind(each) for field, each in document.fields.items()}
    names |= {f"known.{field}": "truth" for field in document.fields}
    names |= {
        f"parameter.{name}": _PARAMETER_KINDS[parameter.type]
        for name, parameter in document.parameters.items()
    }
    for clock in document.clocks:
        names |= {f"clock.{clock}.{name}": kind for name, kind in CLOCK_NAMES.items()}
    for slot in document.slots:
        names |= {f"slot.{slot}.{name}": kind for name, kind in SLOT_NAMES.items()}
    names |= {f"task.{task}": "text" for task in document.tasks}  # open, dropped, done or its outcome
    names |= {f"count.{count}": "integer" for count in document.counts}
    names |= {f"role.{role}": "truth" for role in (RESIDENT, SYSTEM, *document.roles)}
    return names


def declare_event_names(texts: Iterable[str]) -> dict[str, Kind]:
    """Declare the names of an event's data that expressions use: each has any kind."""
    return {name: "any" for text in texts for name in _DATA.findall(text)}


class ExpressionSet:
    """The compiled expressions by their paths, and the names they read."""

    def __init__(self, document: CaseTypeDocument, source: Source) -> None:
        self._document, self._source = document, source
        self._compiled: dict[Path, Expression] = {}
        self.faults: list[Fault] = []
        names = declare_names(document)
        texts = [reaction.where or "" for reaction in document.reactions.values()]
        compiler, of_events = Compiler(names), Compiler(names | declare_event_names(texts))
        for path, text, kind in self._list():
            self._compile(of_events if path[0] == "reactions" else compiler, path, text, kind, names)
        self.faults += self._check_choices()
        self.faults += self._check_dates()
        self.faults += self._check_quantities()
        self.faults += self._check_chosen_texts()
        self.faults += self._check_uses()

    def get(self, *path: str) -> Expression | None:
        """Get the expression at a path; None if there is none."""
        return self._compiled.get(path)

    def _compile(self, compiler: Compiler, path: Path, text: str, kind: Kind, names: dict[str, Kind]) -> None:
        try:
            self._compiled[path] = compiler.compile(text, kind)
        except ExpressionError as error:
            unknown = str(error).partition("'")[2].partition("'")[0]
            way_out = suggest(unknown, names, "name") if "undeclared" in str(error) else ""
            message = f"at character {error.column}: {error}."
            self.faults.append(self._source.make_fault(path, message, way_out))

    def _list(self) -> Iterator[tuple[Path, str, Kind]]:
        for name, action in self._document.actions.items():
            yield from self._list_of_action(("actions", name), action)
        for name, clock in self._document.clocks.items():
            if clock.when is not None:
                yield ("clocks", name, "when"), clock.when, "truth"
        for name, reaction in self._document.reactions.items():
            if reaction.where is not None:
                yield ("reactions", name, "where"), reaction.where, "truth"

        yield from self._list_of_fee()

    def _list_of_fee(self) -> Iterator[tuple[Path, str, Kind]]:
        fee = self._document.fee
        if fee is not None and fee.formula is not None:
            yield ("fee", "formula"), fee.formula, "integer"
        for name, line in fee.lines.items() if fee is not None else ():
            yield from self._list_of_line(name, line)
        for name, refund in fee.refunds.items() if fee is not None else ():
            if refund.when is not None:
                yield ("fee", "refunds", name, "when"), refund.when, "truth"
            if refund.formula is not None:
                yield ("fee", "refunds", name, "formula"), refund.formula, "integer"

    def _list_of_line(self, name: str, line: FeeLineDocument) -> Iterator[tuple[Path, str, Kind]]:
        path = ("fee", "lines", name)
        if line.when is not None:
            yield (*path, "when"), line.when, "truth"
        for part, text in (("formula", line.formula), ("times", line.times)):
            if text is not None:
                yield (*path, part), text, "integer"

    def _list_of_action(self, path: Path, action: ActionDocument) -> Iterator[tuple[Path, str, Kind]]:
        for guard, each in action.guards.items():
            if each.when is not None:
                yield (*path, "guards", guard, "when"), each.when, "truth"
        for field, text in action.sets.items():
            if field in self._document.fields:
                yield (*path, "sets", field), text, find_field_kind(self._document.fields[field])
        for state, target in action.to.items() if isinstance(action.to, dict) else ():
            if target.when is not None:
                yield (*path, "to", state, "when"), target.when, "truth"

    def _check_choices(self) -> Iterator[Fault]:
        """Check that a text which is compared with a field, or set as it, is one of the field's choices."""
        for path, text, _ in self._list():
            pairs = _COMPARISON.findall(text)
            if "sets" in path:
                pairs += [(path[-1], literal) for literal in _RESULT.findall(text)]
            for field, literal in pairs:
                document = self._document.fields.get(str(field))
                if document is not None and document.enum and literal not in document.enum:
                    message = f"'{literal}' is none of the choices of {field}."
                    yield self._source.make_fault(path, message, f"Choices: {', '.join(document.enum)}.")

    def _check_dates(self) -> Iterator[Fault]:
        """Check that a date is set from dates: a text would be refused only when the act is done."""
        fields = self._document.fields
        for path, text, _ in self._list():
            target = fields.get(str(path[-1])) if "sets" in path else None
            if target is None or target.format not in _DATES:
                continue
            for name in _RESULT_FIELD.findall(text):
                if name in fields and fields[name].format != target.format:
                    message = f"{name} has no `format: {target.format}`, which {path[-1]} has."
                    yield self._source.make_fault(path, message, f"Give {name} the same format.")

    def _list_quantities(self) -> Iterator[tuple[Path, ChosenQuantity]]:
        for name, clock in self._document.clocks.items():
            yield ("clocks", name, "length"), clock.length
            if clock.extension is not None:
                yield ("clocks", name, "extension"), clock.extension
        for name, action in self._document.actions.items():
            for guard, each in action.guards.items():
                if each.at_most is not None:
                    yield ("actions", name, "guards", guard, "at_most", "limit"), each.at_most.limit
        for name, slot in self._document.slots.items():
            yield ("slots", name, "hold_minutes"), slot.hold_minutes
        if self._document.renewal is not None:
            yield ("renewal", "offered_days"), self._document.renewal.offered_days
        yield from self._list_pence()

    def _list_pence(self) -> Iterator[tuple[Path, ChosenQuantity]]:
        fee = self._document.fee
        if fee is not None and fee.amount is not None:
            yield ("fee", "amount"), fee.amount
        for name, line in fee.lines.items() if fee is not None else ():
            if line.amount is not None:
                yield ("fee", "lines", name, "amount"), line.amount
        for name, refund in fee.refunds.items() if fee is not None else ():
            for part, quantity in (("amount", refund.amount), ("of", refund.of), ("less", refund.less)):
                if quantity is not None:
                    yield ("fee", "refunds", name, part), quantity

    def _list_chosen_texts(self) -> Iterator[tuple[Path, ChosenText]]:
        fee = self._document.fee
        holders: dict[Path, FeeDocument | FeeLineDocument] = {} if fee is None else {("fee",): fee}
        holders |= (
            {("fee", "lines", name): line for name, line in fee.lines.items()} if fee is not None else {}
        )
        for path, holder in holders.items():
            for part, chosen in (("fund", holder.fund), ("vat_code", holder.vat_code)):
                if chosen is not None:
                    yield (*path, part), chosen
        renewal = self._document.renewal
        if renewal is not None and renewal.yearly_on is not None:
            yield ("renewal", "yearly_on"), renewal.yearly_on

    def _check_chosen_texts(self) -> Iterator[Fault]:
        """Check that a text is one, or that of a parameter with a text."""
        for path, chosen in self._list_chosen_texts():
            if (chosen.text is None) == (chosen.parameter is None):
                yield self._source.make_fault(path, "it is one of: a text, `parameter:`.")
            parameter = self._document.parameters.get(chosen.parameter or "")
            if chosen.parameter is not None and (parameter is None or parameter.type != "string"):
                way_out = suggest(chosen.parameter, self._document.parameters, "parameter")
                message = f"there is no string parameter {chosen.parameter}."
                yield self._source.make_fault((*path, "parameter"), message, way_out)

    def _check_quantities(self) -> Iterator[Fault]:
        for path, quantity in self._list_quantities():
            yield from self._check_quantity(path, quantity)

    def _check_quantity(self, path: Path, quantity: ChosenQuantity) -> Iterator[Fault]:
        ways = [quantity.number is not None, quantity.parameter is not None, quantity.by_field is not None]
        if ways.count(True) != 1:
            yield self._source.make_fault(path, "it is one of: a number, `parameter:`, `by_field:`.")
        parameter = self._document.parameters.get(quantity.parameter or "")
        if quantity.parameter is not None and (parameter is None or parameter.type != "integer"):
            way_out = suggest(quantity.parameter, self._document.parameters, "parameter")
            message = f"there is no integer parameter {quantity.parameter}."
            yield self._source.make_fault((*path, "parameter"), message, way_out)
        if quantity.by_field is not None:
            field = self._document.fields.get(quantity.by_field)
            choices = set(field.enum) if field is not None else set()
            if not choices or choices != set(quantity.table):
                way_out = (
                    f"Give one for each of: {', '.join(sorted(choices)) or '(the field has no `enum:`)'}."
                )
                yield self._source.make_fault((*path, "table"), "it does not cover the field.", way_out)
        for choice, each in quantity.table.items():
            yield from self._check_quantity((*path, "table", choice), each)

    def _check_uses(self) -> Iterator[Fault]:
        """Find parameters and counts that nothing reads."""
        used = {name for expression in self._compiled.values() for name in expression.names}
        for _, quantity in self._list_quantities():
            used |= {f"parameter.{each.parameter}" for each in (quantity, *quantity.table.values())}
        used |= {f"parameter.{text.parameter}" for _, text in self._list_chosen_texts() if text.parameter}
        guards = [guard for action in self._document.actions.values() for guard in action.guards.values()]
        used |= {f"count.{guard.at_most.count}" for guard in guards if guard.at_most is not None}
        for section in ("parameters", "counts"):
            for name in getattr(self._document, section):
                if f"{section[:-1]}.{name}" not in used:
                    way_out = "Use it, or leave it out."
                    yield self._source.make_fault((section, name), "nothing reads it.", way_out)
