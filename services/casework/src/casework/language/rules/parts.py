"""Each part of a document, compiled to the frozen dataclass that the engine reads."""

from datetime import date
from typing import Any

from casework.documents.rules.case_types import (
    GUARD_KINDS,
    REFUND_PARTS,
    ActionDocument,
    CaseTypeDocument,
    FeeDocument,
    FieldDocument,
    GuardDocument,
    RefundDocument,
)
from casework.documents.rules.clocks import ClockDocument, TimerDocument
from casework.documents.rules.values import ChosenText
from casework.language.rules.catalogue import to_words
from casework.language.rules.expressions import ExpressionSet
from casework.language.rules.renewals import RENEWAL, compile_renewal, to_quantity
from casework.language.rules.resident_checks import compile_open311
from casework.model.rules import case_type as model
from casework.model.rules.clocks import Clock, Law, Timer


class PartCompiler:
    """Compiles a checked document."""

    def __init__(self, document: CaseTypeDocument, expressions: ExpressionSet) -> None:
        self._document, self._expressions = document, expressions

    def compile(self, digest: str) -> model.CaseType:
        """Compile the whole case type."""
        document = self._document
        return model.CaseType(
            code=document.case_type,
            version=document.version,
            name=to_words(document.name),
            nations=frozenset(document.nations),
            siblings={str(nation): code for nation, code in document.sibling.items()},
            digest=digest,
            roles={role: to_words(words) for role, words in document.roles.items()},
            fields={name: compile_field(name, each) for name, each in document.fields.items()},
            actions={name: self._compile_action(name, each) for name, each in document.actions.items()},
            clocks={name: self._compile_clock(name, each) for name, each in document.clocks.items()},
            timers={name: compile_timer(name, each) for name, each in document.timers.items()},
            teams=compile_teams(document),
            duplicates=compile_duplicates(document),
            fee=self._compile_fee(),
            routing=document.routing or "",
            admission_authority=document.admission_authority or "",
            theme=document.theme or "",
            restricted=document.restricted or "",
            open311=compile_open311(document),
            **self._compile_simple_parts(),
        )

    def _compile_simple_parts(self) -> dict[str, Any]:
        document = self._document
        return {
            "parameters": {
                name: model.Parameter(
                    name,
                    each.type,
                    each.default,
                    to_words(each.name),
                    each.min,
                    each.max,
                    each.unit,
                    each.law,
                    each.source or find_bounds_source(document, name),
                )
                for name, each in document.parameters.items()
            },
            "states": {
                name: model.State(
                    name, to_words(each.public), to_words(each.staff), tuple(each.needs), each.end
                )
                for name, each in document.states.items()
            },
            "tasks": {
                name: model.Task(
                    name,
                    to_words(each.name),
                    each.by,
                    tuple(each.open_in),
                    {outcome: to_words(words) for outcome, words in each.outcomes.items()},
                    dict(each.then),
                )
                for name, each in document.tasks.items()
            },
            "results": {
                name: model.Result(
                    name,
                    to_words(each.name),
                    model.Retention(each.retention.months, each.retention.then, each.retention.source),
                )
                for name, each in document.results.items()
            },
            **self._compile_outward_parts(),
        }

    def _compile_outward_parts(self) -> dict[str, Any]:
        document = self._document
        return {
            "notifications": {
                name: model.Notification(
                    name, each.to, tuple(each.on), to_words(each.subject), to_words(each.body)
                )
                for name, each in document.notifications.items()
            },
            "reactions": {
                name: model.Reaction(
                    name,
                    each.on,
                    each.do,
                    self._expressions.get("reactions", name, "where"),
                    each.amount or "",
                )
                for name, each in document.reactions.items()
            },
            "counts": {
                name: model.Count(
                    name, each.of, tuple(each.same), each.year_of or "", dict(each.where), tuple(each.states)
                )
                for name, each in document.counts.items()
            },
            "slots": {
                name: model.Slot(
                    name,
                    each.pool,
                    to_quantity(each.hold_minutes),
                    tuple(each.holds_on),
                    tuple(each.confirms_on),
                    tuple(each.releases_on),
                    each.choice or "",
                    each.area or "",
                )
                for name, each in document.slots.items()
            },
            "holdings": compile_holdings(document),
            "sub_cases": {
                name: model.SubCase(name, each.type, tuple(each.on), dict(each.copies), each.restricted or "")
                for name, each in document.sub_cases.items()
            },
            "splits": compile_splits(document),
            "links": {
                name: model.Link(name, each.relation, tuple(each.on), each.reference, each.merge)
                for name, each in document.links.items()
            },
        }

    def _compile_fee(self) -> model.Fee | None:
        fee = self._document.fee
        if fee is None:
            return None
        refunds = [self._compile_refund(name, refund) for name, refund in fee.refunds.items()]
        if fee.refunded_on:
            refunds.append(model.Refund("refunded_on", tuple(fee.refunded_on), model.RefundShare.ALL))
        return model.Fee(self._compile_fee_lines(fee), tuple(fee.on), tuple(refunds))

    def _compile_fee_lines(self, fee: FeeDocument) -> tuple[model.FeeLine, ...]:
        """Compile a fee's lines: one, of the case type's name and without an id, if it has none."""
        if not fee.lines:
            amount = None if fee.amount is None else to_quantity(fee.amount)
            formula = self._expressions.get("fee", "formula")
            name, fund, vat_code = to_words(self._document.name), to_text(fee.fund), to_text(fee.vat_code)
            return (model.FeeLine("", name, amount, formula, None, fund, vat_code),)
        return tuple(
            model.FeeLine(
                id=name,
                name=to_words(line.name),
                amount=None if line.amount is None else to_quantity(line.amount),
                formula=self._expressions.get("fee", "lines", name, "formula"),
                when=self._expressions.get("fee", "lines", name, "when"),
                fund=to_text(line.fund or fee.fund),
                vat_code=to_text(line.vat_code or fee.vat_code),
                times=self._expressions.get("fee", "lines", name, "times"),
                by=line.by or "",
            )
            for name, line in fee.lines.items()
        )

    def _compile_refund(self, name: str, refund: RefundDocument) -> model.Refund:
        path = ("fee", "refunds", name)
        share = next(part for part in REFUND_PARTS if getattr(refund, part) is not None)
        return model.Refund(
            id=name,
            on=tuple(refund.on),
            share=model.RefundShare(share),
            when=self._expressions.get(*path, "when"),
            amount=None if refund.amount is None else to_quantity(refund.amount),
            formula=self._expressions.get(*path, "formula"),
            of=None if refund.of is None else to_quantity(refund.of),
            clock=refund.days_left_of or refund.months_left_of or "",
            less=None if refund.less is None else to_quantity(refund.less),
            of_lines=tuple(refund.of_lines),
        )

    def _compile_action(self, name: str, action: ActionDocument) -> model.Action:
        path = ("actions", name)
        to = action.to if isinstance(action.to, dict) else {action.to: None} if action.to else {}
        return model.Action(
            id=name,
            name=to_words(action.name),
            sources=tuple(action.sources),
            targets=tuple(
                model.Target(state, self._expressions.get(*path, "to", state, "when")) for state in to
            ),
            roles=frozenset(action.by),
            asks=tuple(action.asks),
            guards=tuple(self._compile_guard(name, guard, each) for guard, each in action.guards.items()),
            sets={
                field: expression
                for field in action.sets
                if (expression := self._expressions.get(*path, "sets", field)) is not None
            },
            results=tuple(action.result),
        )

    def _compile_guard(self, action: str, name: str, guard: GuardDocument) -> model.Guard:
        kind = next(kind for kind in GUARD_KINDS if getattr(guard, kind) is not None)
        subjects: tuple[str, ...] = ()
        if guard.at_most is not None:
            subjects = (guard.at_most.count,)
        elif kind in {"evidence", "not_same_person_as"}:
            subjects = (getattr(guard, kind),)
        elif guard.tasks_done is not None:
            subjects = tuple(guard.tasks_done)
        return model.Guard(
            id=name,
            kind=model.GuardKind(kind),
            refusal=to_words(guard.refusal),
            expression=self._expressions.get("actions", action, "guards", name, "when"),
            subjects=subjects,
            limit=None if guard.at_most is None else to_quantity(guard.at_most.limit),
        )

    def _compile_clock(self, name: str, clock: ClockDocument) -> Clock:
        law = Law(
            unit=clock.unit,
            length=to_quantity(clock.length),
            first_day=clock.first_day,
            direction=clock.direction,
            clear=clock.clear,
            calendar=clock.calendar,
            roll=clock.roll,
            roll_start=clock.roll_start,
            pause_days=clock.pause_days,
            extension_by=clock.extension_by,
            on_expiry=clock.on_expiry,
            basis=clock.basis,
            source=clock.source,
            verified=clock.verified,
            nations=frozenset(self._document.nations),
            in_force=date.fromisoformat(clock.in_force) if clock.in_force else date.min,
            until=date.fromisoformat(clock.until) if clock.until else date.max,
            ends_at=clock.ends_at or "",
        )
        return Clock(
            id=name,
            name=to_words(clock.name),
            law=law,
            starts_on=tuple(clock.starts_on),
            starts_from=clock.starts_from or "",
            when=self._expressions.get("clocks", name, "when"),
            stops_on=tuple(clock.stops_on),
            pauses_on=tuple(clock.pauses_on),
            resumes_on=tuple(clock.resumes_on),
            restarts_on=tuple(clock.restarts_on),
            extends_on=tuple(clock.extends_on),
            extension=None if clock.extension is None else to_quantity(clock.extension),
            extension_until=clock.extension_until or "",
            disregards_on=tuple(clock.disregards_on),
            disregards_from=clock.disregards_from or "",
            disregards_until=clock.disregards_until or "",
            **(compile_renewal(self._document) if name == RENEWAL else {}),
        )


def to_text(document: ChosenText | None) -> model.ChosenText:
    """Compile a text or the parameter that has it."""
    return (
        model.ChosenText()
        if document is None
        else model.ChosenText(document.text or "", document.parameter or "")
    )


def compile_holdings(document: CaseTypeDocument) -> dict[str, model.Holding]:
    """Compile what people hold."""
    return {
        name: model.Holding(
            id=name,
            kind=each.kind or document.case_type,
            states=tuple(each.states),
            until=each.until or "",
            plate=each.plate or "",
            number=each.number or "",
        )
        for name, each in document.holdings.items()
    }


def find_bounds_source(document: CaseTypeDocument, parameter: str) -> str:
    """Find what sets a parameter's bounds: the source of the clock whose length it is, if there is one."""
    sources = (clock.source for clock in document.clocks.values() if clock.length.parameter == parameter)
    return next(sources, "")


def compile_field(name: str, field: FieldDocument) -> model.Field:
    """Compile a field to its JSON Schema and the rest."""
    schema: dict[str, Any] = {"type": field.type}
    item: dict[str, Any] = {"type": "string"}
    item |= {"format": field.format} if field.format else {}
    item |= {"enum": list(field.enum)} if field.enum else {}
    schema |= {"items": item} if field.type == "array" else item if field.type == "string" else {}
    bounds = {"string": (None, "maxLength"), "integer": ("minimum", "maximum"), "array": (None, "maxItems")}
    for key, value in zip(bounds.get(field.type, (None, None)), (field.min, field.max), strict=True):
        if key is not None and value is not None:
            schema[key] = value
    expires = field.evidence.expires if field.evidence is not None else ""
    return model.Field(
        name, to_words(field.label), schema, field.restricted or "", field.personal, expires, field.staff
    )


def compile_timer(name: str, timer: TimerDocument) -> Timer:
    """Compile a timer."""
    hours = (timer.after_hours or 0) - (timer.before_hours or 0)
    return Timer(
        id=name,
        clock=timer.clock or "",
        slot=timer.slot or "",
        hold=timer.hold or "",
        hours=hours,
        days=(timer.after_days or 0) - (timer.before_days or 0),
        action=timer.do or "",
        notification=timer.notify or "",
        task=timer.reopen or "",
    )


def compile_splits(document: CaseTypeDocument) -> dict[str, model.Split]:
    """Compile how staff may split a case."""
    return {
        name: model.Split(
            name,
            to_words(each.name),
            each.type,
            tuple(each.sources),
            frozenset(each.by),
            dict(each.copies),
            each.restricted or "",
        )
        for name, each in document.splits.items()
    }


def compile_teams(document: CaseTypeDocument) -> model.Teams:
    """Compile which team works on the cases of an area."""
    each = document.teams
    return model.Teams(dict(each.areas), each.otherwise or "", each.kind or "")


def compile_duplicates(document: CaseTypeDocument) -> model.Duplicates:
    """Compile which other cases are likely about the same: those of the type itself, and others."""
    each = document.duplicates
    codes = dict.fromkeys((document.case_type, *each.types))
    return model.Duplicates(tuple(codes), each.days, each.metres)
